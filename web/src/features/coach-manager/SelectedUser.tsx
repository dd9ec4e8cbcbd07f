import { Skeleton, Table } from "@mantine/core";
import { apiQuery, send } from "@/api";
import { modeLook, standingText } from "@/features/engagements";
import { PresenceLabel } from "@/features/presence";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { ConfirmButton, Duration, notifyDone, PersonName, ProblemAlert, Section, StateBadge } from "@/ui";
import classes from "./coach-manager.module.css";
import type { CoachingUser } from "./CoachingUsers";
import { History } from "./History";

function Disconnect({ engagement }: { engagement: CoachingUser }) {
  const supervisor = engagement.supervisor.name;
  const agent = engagement.agent?.name ?? t("interaction.customer");
  return (
    <ConfirmButton
      size="xs"
      variant="light"
      ability={engagement.abilities?.disconnect}
      ask={{
        title: t("coach_manager.disconnect.title", { supervisor }),
        text: t("coach_manager.disconnect.text", { supervisor, agent }),
        action: t("coach_manager.disconnect.action"),
        run: async () => {
          await send("post", "/api/engagements/{engagement_id}/disconnect", { params: { path: { engagement_id: engagement.id } } });
          notifyDone(t("coach_manager.disconnect.done", { supervisor }));
        },
      }}
    >
      {t("coach_manager.disconnect")}
    </ConfirmButton>
  );
}

function CallTable({ call }: { call: CoachingUser["call"] }) {
  return (
    // A phone scrolls it sideways, by keyboard too.
    <Table.ScrollContainer
      minWidth={560}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "group", "aria-label": t("coach_manager.call") } }}
    >
      <Table className={classes.call}>
        <Table.Thead>
          <Table.Tr>
            {(["call_id", "phone_number", "length", "campaign", "list", "result_code"] as const).map((column) => (
              <Table.Th key={column} scope="col">
                {t(`coach_manager.call.${column}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Table.Tr>
            <Table.Td>{call.number}</Table.Td>
            <Table.Td>{call.phone_number || "–"}</Table.Td>
            <Table.Td>{call.ended_at === null ? <Duration since={call.started_at} /> : "–"}</Table.Td>
            <Table.Td>{call.campaign || "–"}</Table.Td>
            <Table.Td>{call.list_name || "–"}</Table.Td>
            <Table.Td>{call.result_code?.label ?? "–"}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/**
 * The four sections about the selected user: who, whom they coach, which call, and their history.
 *
 * `live` is what the list of who coaches says: null when they are not on it, undefined before it is loaded.
 */
export function SelectedUser({ userId, live }: { userId: string; live: CoachingUser | null | undefined }) {
  const query = useLiveQuery([], apiQuery("/api/coach-manager/users/{user_id}", { params: { path: { user_id: userId } } }));
  if (query.isError) return <ProblemAlert problem={query.error} onRetry={query.refetch} />;
  if (query.data === undefined) return <Skeleton height={260} />;
  // Once the list is there it is the truth: an engagement that it no longer has is over.
  const engagement = live === undefined ? query.data.engagement : live;
  const presence = live?.supervisor_presence ?? query.data.presence;
  return (
    <>
      <div className={classes.pair}>
        <Section title={t("coach_manager.selected")} actions={engagement && <Disconnect engagement={engagement} />}>
          <div className={classes.person}>
            <PersonName name={query.data.user.name} withInitials />
            {presence && <PresenceLabel status={presence.status} reason={presence.reason} />}
          </div>
        </Section>
        <Section title={t("coach_manager.current")}>
          {engagement ? (
            <div className={classes.person}>
              <PersonName name={engagement.agent?.name ?? t("interaction.customer")} withInitials />
              {engagement.agent_presence && (
                <PresenceLabel status={engagement.agent_presence.status} reason={engagement.agent_presence.reason} />
              )}
              <StateBadge state={engagement.state === "active" ? "live" : engagement.state === "lost" ? "warning" : "held"}>
                {standingText(engagement) ?? t(modeLook(engagement.mode).doing)}
              </StateBadge>
            </div>
          ) : (
            <p className={classes.none}>{t("coach_manager.nothing_now")}</p>
          )}
        </Section>
      </div>
      <Section title={t("coach_manager.call")}>
        {engagement ? <CallTable call={engagement.call} /> : <p className={classes.none}>{t("coach_manager.no_call")}</p>}
      </Section>
      <History userId={userId} />
    </>
  );
}
