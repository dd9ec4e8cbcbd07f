import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { apiQuery, useHolds, useMe } from "@/api";
import { Listeners } from "@/features/engagements";
import { LiveStateBadge, useInteractionTopics } from "@/features/interactions";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { Duration, Page, ProblemAlert, Section, usePane } from "@/ui";
import classes from "./home.module.css";

function Tile({ label, count, to, search }: { label: string; count: ReactNode; to: string; search?: Record<string, string> }) {
  return (
    <Link to={to} search={search as never} className={classes.tile}>
      <span className={classes.count}>{count ?? "–"}</span>
      <span className={classes.label}>{label}</span>
    </Link>
  );
}

function Supervisor() {
  const topics = useInteractionTopics();
  const calls = useLiveQuery(topics, apiQuery("/api/interactions", { params: { query: { state: "live", order: "longest", size: 200 } } }));
  const pane = usePane();
  const rows = calls.data?.items;
  const of = (...states: string[]) => rows?.filter((row) => states.includes(row.state)).length;
  const supervised = rows?.filter((row) => row.listeners.length > 0) ?? [];
  return (
    <>
      <ProblemAlert problem={calls.error} onRetry={calls.refetch} />
      <div className={classes.tiles}>
        <Tile label={t("home.on_calls")} count={of("talking", "held", "consulting")} to="/performance/interactions" />
        <Tile label={t("home.on_hold")} count={of("held")} to="/performance/interactions" search={{ live_state: "held" }} />
        <Tile label={t("home.waiting")} count={of("waiting", "offering")} to="/performance/interactions" search={{ live_state: "waiting" }} />
        <Tile label={t("home.coached")} count={rows && supervised.filter((row) => row.listeners.some((one) => one.mode === "coach")).length} to="/quality/coach-manager" />
      </div>
      <Section title={t("home.longest")}>
        {rows?.length === 0 && <p className={classes.none}>{t("home.quiet")}</p>}
        <ul className={classes.calls}>
          {rows?.slice(0, 6).map((row) => (
            <li key={row.id} className={classes.call}>
              <Anchor component="button" type="button" onClick={() => pane.open("interaction", row.id)}>
                {row.agent?.name ?? t("interaction.nobody")}
              </Anchor>
              <span className={classes.dimmed}>{row.customer_name || row.phone_number}</span>
              <LiveStateBadge state={row.state} />
              <Duration since={row.started_at} />
              <Listeners listeners={row.listeners} />
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

/** Home: for who supervises, what goes on now. */
export default function HomeScreen() {
  const { user } = useMe();
  const supervises = useHolds(["monitor", "coach", "barge", "view_engagements"]);
  return (
    <Page title={t("home.title", { name: user.name.split(" ")[0] ?? user.name })} lead={user.team_name ?? undefined}>
      {supervises ? <Supervisor /> : <p className={classes.none}>{t("home.nothing")}</p>}
    </Page>
  );
}
