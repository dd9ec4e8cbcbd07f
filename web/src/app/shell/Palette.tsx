import { Loader, Modal, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconArrowRight, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { KeyHint, type PaletteItem } from "@/ui";
import { usePaletteResults } from "./use-palette-results";
import classes from "./Palette.module.css";

/** The search field of the top bar, which opens the palette. */
export function PaletteButton({ onOpen }: { onOpen: () => void }) {
  return (
    <UnstyledButton className={classes.opener} onClick={onOpen} aria-keyshortcuts="Control+K" aria-haspopup="dialog">
      <IconSearch size={16} stroke={1.7} aria-hidden="true" />
      <span className={classes.openerLabel}>{t("palette.open")}</span>
      <span className={classes.openerKeys} aria-hidden="true">
        <KeyHint keys="mod+k" />
      </span>
    </UnstyledButton>
  );
}

function Body({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query, 120);
  const { groups, isSearching, failed } = usePaletteResults(settled, onShortcuts);
  const flat = groups.flatMap((group) => group.items);
  const [active, setActive] = useState(0);
  const index = Math.min(active, Math.max(0, flat.length - 1));
  const navigate = useNavigate();
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const optionId = (item: PaletteItem) => `${listId}-${item.id.replace(/\W+/g, "-")}`;

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [index]);
  useEffect(() => {
    if (settled !== "" && !isSearching) announce(t("palette.results", { count: flat.length }));
  }, [settled, isSearching, flat.length]);

  const choose = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    if (item.to !== undefined) void navigate({ to: item.to });
    item.run?.();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && flat.length > 0) {
      event.preventDefault();
      setActive((index + step + flat.length) % flat.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(flat[index]);
    }
  };

  return (
    <>
      <div className={classes.field}>
        <IconSearch size={18} stroke={1.7} aria-hidden="true" />
        <input
          className={classes.input}
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={flat[index] && optionId(flat[index])}
          aria-autocomplete="list"
          aria-label={t("palette.title")}
          placeholder={t("palette.placeholder")}
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
        {isSearching && <Loader size={14} aria-label={t("palette.searching")} />}
      </div>
      <div id={listId} ref={list} role="listbox" aria-label={t("palette.title")} className={classes.list}>
        {groups.map((group) => (
          <div key={group.heading} role="group" aria-label={group.heading}>
            <div className={classes.heading} aria-hidden="true">
              {group.heading}
            </div>
            {group.items.map((item) => {
              const position = flat.indexOf(item);
              const Picture = item.icon ?? IconArrowRight;
              return (
                // The input keeps the focus and has the keys; the pointer chooses here.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                <div
                  key={item.id}
                  id={optionId(item)}
                  role="option"
                  aria-selected={position === index}
                  className={classes.option}
                  onMouseMove={() => setActive(position)}
                  onClick={() => choose(item)}
                >
                  <Picture size={17} stroke={1.6} aria-hidden="true" />
                  <span className={classes.label}>{item.label}</span>
                  {item.hint && <span className={classes.hint}>{item.hint}</span>}
                  {item.keys && <KeyHint keys={item.keys} />}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      {flat.length === 0 && !isSearching && <p className={classes.nothing}>{t("palette.nothing", { query: settled })}</p>}
      {failed.map((heading) => (
        <p key={heading} className={classes.nothing}>
          {t("palette.failed", { heading })}
        </p>
      ))}
    </>
  );
}

/** Ctrl-K: find people and interactions, go anywhere, do anything. */
export function Palette({ opened, onClose, onShortcuts }: { opened: boolean; onClose: () => void; onShortcuts: () => void }) {
  return (
    <Modal.Root opened={opened} onClose={onClose} yOffset="12vh" centered={false} size="lg">
      <Modal.Overlay />
      <Modal.Content>
        <VisuallyHidden>
          <Modal.Title>{t("palette.title")}</Modal.Title>
        </VisuallyHidden>
        <Modal.Body p={0}>{opened && <Body onClose={onClose} onShortcuts={onShortcuts} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
