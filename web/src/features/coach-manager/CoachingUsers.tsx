import { IconPlugConnectedX } from "@tabler/icons-react";
import { Skeleton, TextInput, UnstyledButton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState, type KeyboardEvent } from "react";
import type { Schema } from "@/api";
import { modeLook, standingText } from "@/features/engagements";
import { t } from "@/lib/texts";
import { Duration, PersonName } from "@/ui";
import classes from "./coach-manager.module.css";

export type CoachingUser = Schema<"CoachingUserOut">;

const ROW = 58;

/** Left panel: everyone who is coaching, monitoring or barging now. Only rows in view are drawn, so five hundred cost what ten do. */
export function CoachingUsers({
  users,
  selected,
  onSelect,
}: {
  users: readonly CoachingUser[] | undefined;
  selected: string | undefined;
  onSelect: (userId: string) => void;
}) {
  const [search, setSearch] = useState("");
  const words = search.trim().toLocaleLowerCase();
  const shown = (users ?? []).filter((each) => `${each.supervisor.name} ${each.agent?.name ?? ""}`.toLocaleLowerCase().includes(words));
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 6 });
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || shown.length === 0) return;
    event.preventDefault();
    const at = shown.findIndex((each) => each.supervisor.id === selected);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
    if (next === undefined) return;
    onSelect(next.supervisor.id);
    rows.scrollToIndex(shown.indexOf(next));
  };
  return (
    <section className={classes.users} aria-label={t("coach_manager.users")}>
      <div className={classes.usersHeader}>
        <h2 className={classes.heading}>{t("coach_manager.users")}</h2>
        <span className={classes.count}>{users?.length ?? ""}</span>
      </div>
      {(users?.length ?? 0) > 8 && (
        <TextInput
          size="xs"
          m={8}
          aria-label={t("coach_manager.search")}
          placeholder={t("coach_manager.search")}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div ref={scroller} className={classes.scroller}>
        {users === undefined && <Skeleton height={ROW * 3} m={8} />}
        {users?.length === 0 && <p className={classes.none}>{t("coach_manager.nobody.title")}</p>}
        <ul className={classes.list} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const each = shown[item.index];
            if (each === undefined) return null;
            const { icon, doing } = modeLook(each.mode);
            const Picture = each.state === "lost" ? IconPlugConnectedX : icon;
            return (
              <li key={each.id} className={classes.item} style={{ transform: `translateY(${item.start}px)`, height: ROW }}>
                <UnstyledButton
                  className={classes.user}
                  aria-pressed={each.supervisor.id === selected}
                  data-selected={each.supervisor.id === selected || undefined}
                  onClick={() => onSelect(each.supervisor.id)}
                  onKeyDown={move}
                >
                  <Picture size={18} aria-hidden="true" className={classes.mode} data-lost={each.state === "lost" || undefined} />
                  <span className={classes.userWords}>
                    <PersonName name={each.supervisor.name} />
                    <span className={classes.dimmed}>
                      {standingText(each) ?? t(doing)} · {each.agent?.name ?? t("interaction.customer")}
                    </span>
                  </span>
                  {each.segment_started_at !== null && <Duration since={each.segment_started_at} />}
                </UnstyledButton>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
