import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { apiQuery, asProblem, invalidate, send, useMe, type Ability, type Schema } from "@/api";
import { pressToSpeak, usePhoneWords } from "@/features/phone";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { confirm, type RowAction } from "@/ui";
import { MODES, type Mode } from "./modes";
import { askReason } from "./reason";
import { useMine } from "./use-mine";

export type Engagement = Schema<"EngagementOut">;

/** What is needed of an interaction to supervise it; every list's rows have it. */
export interface Supervisable {
  readonly id: string;
  readonly number: number;
  readonly agent: { readonly name: string } | null;
  readonly participants: readonly { readonly id: string; readonly purpose: string; readonly state: string; readonly name: string; readonly is_consulted: boolean }[];
  readonly targets: Readonly<Record<string, Readonly<Record<string, Ability>>>>;
}

const MINE = apiQuery("/api/engagements/mine");
const SWITCH = "/api/engagements/{engagement_id}/switch";

/** Start, switch, mute and stop one's engagement. Each answers at once and shows in the dock; rejections are problems. */
export function useEngage() {
  const queryClient = useQueryClient();
  const { policies } = useMe();

  const keep = (engagement: Engagement | null) => {
    const held = queryClient.getQueryData(MINE.queryKey) as Engagement | null | undefined;
    // An answer that had to be repeated may arrive after the events of what has happened since.
    if (held && held.id === engagement?.id && (held.version > engagement.version || (held.version === engagement.version && isHeard(held)))) return;
    void queryClient.cancelQueries({ queryKey: MINE.queryKey });
    queryClient.setQueryData<Engagement | null>(MINE.queryKey as QueryKey, engagement?.state === "ended" ? null : engagement);
    // What was asked meanwhile, because it is heard already, was just broken off.
    if (engagement !== null && !isHeard(engagement)) void invalidate(queryClient, "/api/engagements/mine");
  };
  const inMode = async (mode: Mode, held: Engagement | null, ask: () => Promise<Engagement>) => {
    const go = async () => {
      const engagement = await ask();
      keep(engagement);
      // The call is one's own from now on: its controls need not wait to be told.
      if (mode === "barge_kick") void invalidate(queryClient, "/api/desk");
      const rings = ringingText(engagement);
      if (rings !== null) announce(rings);
    };
    // Who speaks into a desk phone needs no microphone of the browser's.
    const isHere = held === null || isInBrowser(held);
    await (mode === "monitor" || !isHere ? go() : pressToSpeak(go, { isMuted: held?.is_muted ?? false }));
  };

  return {
    /** Go on `interaction` in `mode`: switches when one is on it already, else starts; asks what has to be asked first. */
    async engage(interaction: Supervisable, target_participant_id: string, mode: Mode): Promise<void> {
      const mine = queryClient.getQueryData(MINE.queryKey) as Engagement | null | undefined;
      const isNew = mine?.interaction_id !== interaction.id;
      const go = (reason: string) =>
        inMode(mode, isNew ? null : mine, () =>
          isNew
            ? send("post", "/api/engagements", { body: { interaction_id: interaction.id, target_participant_id, mode, reason } })
            : send("post", SWITCH, { params: { path: { engagement_id: mine.id } }, body: { mode, target_participant_id } }),
        );
      if (isNew && policies.reason_required) return askReason({ mode, interaction, go });
      const begin = async () => {
        try {
          await go("");
        } catch (error) {
          // Policy changed since this page learned of it.
          if (!isNew || asProblem(error).code !== "reason_required") throw error;
          askReason({ mode, interaction, go });
        }
      };
      if (mode === "barge_kick") return confirmTakeOver(interaction.agent, interaction.number, begin);
      return begin();
    },
    /** Go on in another mode towards the same participant. */
    async switchTo(engagement: Engagement, mode: Mode): Promise<void> {
      const body = { mode, target_participant_id: null };
      const go = () =>
        inMode(mode, engagement, () => send("post", SWITCH, { params: { path: { engagement_id: engagement.id } }, body }));
      if (mode === "barge_kick") return confirmTakeOver(engagement.agent, engagement.interaction_number, go);
      return go();
    },
    async mute(engagement: Engagement, is_muted: boolean): Promise<void> {
      keep(await send("post", "/api/engagements/{engagement_id}/mute", {
        params: { path: { engagement_id: engagement.id } },
        body: { is_muted },
      }));
    },
    async stop(engagement: Engagement): Promise<void> {
      await send("post", "/api/engagements/{engagement_id}/stop", { params: { path: { engagement_id: engagement.id } } });
      keep(null);
      announce(t("engagement.stopped"));
    },
  };
}

/** The participant that a list's own controls mean: whoever has the call, else the customer who waits. */
export function chiefTarget(interaction: Supervisable): string | undefined {
  const joined = interaction.participants.filter((each) => each.state === "joined");
  return (joined.find((each) => each.purpose === "agent" && !each.is_consulted) ?? joined.find((each) => each.purpose === "customer"))?.id;
}

/** The seat that a row is about, with what one may do there; null: nobody who could be supervised sits on it. */
export interface RowSeat {
  readonly participant_id: string;
  readonly abilities: Readonly<Record<string, Ability>>;
}

/**
 * Monitor, Coach, Barge, Barge-Kick (and Stop, when one is on it) as the actions of a list's row.
 *
 * A row about an interaction means whoever has the call. A row about one person of it gives that person's `seat`.
 */
export function useRowActions(): (interaction: Supervisable | null | undefined, seat?: RowSeat | null) => readonly RowAction[] {
  const { engage, stop } = useEngage();
  const mine = useMine();
  const inWords = usePhoneWords();
  return (interaction, seat) => {
    if (!interaction) return [];
    const target = seat === undefined ? chiefTarget(interaction) : seat?.participant_id;
    const isMine = mine?.interaction_id === interaction.id;
    // A list hears a little later than one's own engagement what one may do now.
    const isOwnTarget = isMine && mine.target_participant_id === target;
    const offered = seat?.abilities ?? (target === undefined ? undefined : interaction.targets[target]);
    const abilities = inWords(isOwnTarget ? mine.abilities : offered);
    const actions: RowAction[] = MODES.filter(({ mode }) => !(isOwnTarget && mine.mode === mode)).map(({ mode, keys, icon, verb }) => ({
      id: mode,
      label: t(verb),
      keys,
      icon,
      ability: abilities?.[mode],
      run: () => (target === undefined ? undefined : engage(interaction, target, mode)),
    }));
    if (isMine && (seat === undefined || isOwnTarget)) {
      actions.push({ id: "stop", label: t("engagement.verb.stop"), keys: "s", ability: mine.abilities?.stop, run: () => stop(mine) });
    }
    return actions;
  };
}

/** Whether one hears this engagement in the browser, not on a phone that was rung. */
export function isInBrowser({ phone_kind }: Pick<Engagement, "phone_kind">): boolean {
  return phone_kind === "browser";
}

/** Whether the voice engine has confirmed that the engagement is heard as it is wanted. */
export function isHeard({ state, segment_started_at }: Pick<Engagement, "state" | "segment_started_at">): boolean {
  return state === "active" && segment_started_at !== null;
}

/** What one's phone does while it is rung, and what to do; null when it isn't. */
export function ringingText(engagement: Engagement): string | null {
  if (engagement.phone_state !== "ringing") return null;
  const address = (engagement.phone_address ?? "").replace(/^sips?:/, "");
  if (engagement.state === "lost") return t("engagement.phone.back", { address });
  if (engagement.phone_kind === "number") return t("engagement.phone.number", { address });
  return t(engagement.phone_auto_answer ? "engagement.phone.auto" : "engagement.phone.desk", { address });
}

function confirmTakeOver(agent: { readonly name: string } | null, number: number, run: () => unknown): void {
  const name = agent?.name ?? "";
  confirm({
    title: t("engagement.take_over.title", { name }),
    text: t("engagement.take_over.text", { name, number: String(number) }),
    action: t("engagement.take_over.action"),
    run,
  });
}
