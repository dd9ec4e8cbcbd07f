import { IconHeadphones } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { apiQuery, useHolds, useMe } from "@/api";
import { liveTopics } from "@/features/interactions";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { EmptyState, Page, ProblemAlert } from "@/ui";
import classes from "./coach-manager.module.css";
import { CoachingUsers } from "./CoachingUsers";
import { History } from "./History";
import { SelectedUser } from "./SelectedUser";

/** Quality › Coach Manager: everyone who coaches, monitors or barges now, and all about the selected one. */
export default function CoachManagerScreen() {
  const me = useMe();
  const mayReadHistory = useHolds("view_engagement_history");
  const topics = [
    ...liveTopics(me, "view_engagements", "engagements", "team-engagements"),
    ...liveTopics(me, "view_interactions", "interactions", "team-interactions"),
    ...liveTopics(me, "view_users", "presences", "team-presences"),
  ];
  const users = useLiveQuery(topics, apiQuery("/api/coach-manager/users"));
  const navigate = useNavigate();
  const { user } = useSearch({ strict: false }) as Record<string, unknown>;
  // Who came first when the screen opened stays chosen, so that nobody else comes under the pointer.
  const [first, setFirst] = useState<string | undefined>(undefined);
  const candidate = users.data?.[0]?.supervisor.id;
  if (first === undefined && candidate !== undefined) setFirst(candidate);
  // Who was selected stays selected when their engagement ends: their history is still of interest.
  const selected = typeof user === "string" ? user : first;
  const select = (id: string) =>
    void navigate({ to: ".", search: (now: Record<string, unknown>) => ({ ...now, user: id }), replace: true, resetScroll: false });

  return (
    <Page title={t("coach_manager.title")} lead={t("coach_manager.lead")} fill>
      <ProblemAlert problem={users.error} onRetry={users.refetch} />
      <div className={classes.frame}>
        <CoachingUsers users={users.data} selected={selected} onSelect={select} />
        <div className={classes.details}>
          {selected !== undefined ? (
            <SelectedUser key={selected} userId={selected} live={users.data && (users.data.find((each) => each.supervisor.id === selected) ?? null)} />
          ) : (
            users.data !== undefined && (
              <>
                <EmptyState icon={IconHeadphones} title={t("coach_manager.nobody.title")} text={t("coach_manager.nobody.text")} />
                {mayReadHistory && <History />}
              </>
            )
          )}
        </div>
      </div>
    </Page>
  );
}
