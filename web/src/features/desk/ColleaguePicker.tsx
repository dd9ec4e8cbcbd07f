import { Menu, ScrollArea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { apiQuery } from "@/api";
import { t, tMaybe } from "@/lib/texts";
import { AbilityMenuItem, ProblemAlert } from "@/ui";

interface Props {
  /** The call it is about: whom and what it can reach depends on where it is. */
  callId: string;
  /** The button that opens it. */
  children: ReactNode;
  /** Offers queues too, above the people. */
  withQueues?: boolean;
  onPerson: (userId: string) => unknown;
  onQueue?: (queueId: string) => unknown;
}

/** Chooses whom to consult or transfer to; who can't be reached stands there with the reason. */
export function ColleaguePicker({ callId, children, withQueues = false, onPerson, onQueue }: Props) {
  const [opened, setOpened] = useState(false);
  const [search, setSearch] = useState("");
  const [query] = useDebouncedValue(search, 150);
  const people = useQuery({
    ...apiQuery("/api/colleagues", { params: { query: { search: query, interaction_id: callId } } }),
    enabled: opened,
    placeholderData: keepPreviousData,
  });
  const queues = useQuery({ ...apiQuery("/api/queues/transfer-targets", { params: { query: { interaction_id: callId } } }), enabled: opened && withQueues });
  const words = query.trim().toLocaleLowerCase();
  const shownQueues = (queues.data ?? []).filter(({ name }) => name.toLocaleLowerCase().includes(words));
  const prompt = t(withQueues ? "desk.search_all" : "desk.search");
  return (
    <Menu opened={opened} onChange={setOpened} width={300} position="top-end" trapFocus>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <TextInput
          m={6}
          data-autofocus
          placeholder={prompt}
          aria-label={prompt}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <ScrollArea.Autosize mah={320}>
          {queues.isError && <ProblemAlert problem={queues.error} onRetry={() => queues.refetch()} />}
          {withQueues && shownQueues.length > 0 && (
            <>
              <Menu.Label>{t("desk.queues")}</Menu.Label>
              {shownQueues.map((queue) => (
                <AbilityMenuItem key={queue.id} ability={queue.reach} run={() => onQueue?.(queue.id)}>
                  {queue.name}
                </AbilityMenuItem>
              ))}
            </>
          )}
          <Menu.Label>{t("desk.people")}</Menu.Label>
          {people.isError && <ProblemAlert problem={people.error} onRetry={() => people.refetch()} />}
          {(people.data ?? []).map((person) => (
            <AbilityMenuItem key={person.id} ability={person.reach} run={() => onPerson(person.id)}>
              {person.name}
              <span style={{ color: "var(--sl-dimmed)" }}>
                {" "}
                · {tMaybe(`presence.${person.presence}`) ?? person.presence}
              </span>
            </AbilityMenuItem>
          ))}
          {people.data?.length === 0 && <Menu.Label>{t("desk.nobody")}</Menu.Label>}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  );
}
