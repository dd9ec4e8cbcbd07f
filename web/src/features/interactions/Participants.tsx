import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconMicrophoneOff } from "@tabler/icons-react";
import type { Ability } from "@/api";
import { modeLook, MODES, useEngage, useMine, type Mode } from "@/features/engagements";
import { usePhoneWords } from "@/features/phone";
import { t } from "@/lib/texts";
import { AbilityButton, AbilityMenuItem, PersonName, Section } from "@/ui";
import classes from "./interactions.module.css";
import type { InteractionDetail } from "./use-interactions";

type Participant = InteractionDetail["participants"][number];

/** The modes behind the arrow of the split button. */
function Others({
  name,
  modes,
  abilities,
  run,
}: {
  name: string;
  modes: readonly (typeof MODES)[number][];
  abilities: Readonly<Record<string, Ability>>;
  run: (mode: Mode) => unknown;
}) {
  if (modes.length === 0) return null;
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" px={6} aria-label={t("engagement.more", { name })}>
          <IconChevronDown size={14} aria-hidden="true" />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {modes.map(({ mode, verb, icon: Picture }) => (
          <AbilityMenuItem key={mode} ability={abilities[mode]} leftSection={<Picture size={15} aria-hidden="true" />} run={() => run(mode)}>
            {t(verb)}
          </AbilityMenuItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Supervise({ detail, participant }: { detail: InteractionDetail; participant: Participant }) {
  const { engage, stop } = useEngage();
  const mine = useMine();
  const abilities = usePhoneWords()(detail.targets[participant.id]);
  const isMine = mine?.interaction_id === detail.id && mine.target_participant_id === participant.id;
  if (isMine && mine.mode !== "barge_kick") {
    const { verb } = modeLook(mine.mode);
    const changes = MODES.filter(({ mode }) => mode !== mine.mode && mine.abilities?.[mode] !== undefined);
    return (
      <Button.Group>
        <AbilityButton size="xs" variant="light" color="red" ability={mine.abilities?.stop} run={() => stop(mine)}>
          {t("engagement.stop_mode", { verb: t(verb) })}
        </AbilityButton>
        <Others name={participant.name} modes={changes} abilities={mine.abilities ?? {}} run={(mode) => engage(detail, participant.id, mode)} />
      </Button.Group>
    );
  }
  if (abilities === undefined) return null;
  const others = MODES.slice(1).filter(({ mode }) => abilities[mode] !== undefined);
  return (
    <Button.Group>
      <AbilityButton
        size="xs"
        variant="default"
        ability={abilities.monitor}
        label={t("engagement.of", { verb: t("engagement.verb.monitor"), name: participant.name })}
        run={() => engage(detail, participant.id, "monitor")}
      >
        {t("engagement.verb.monitor")}
      </AbilityButton>
      <Others name={participant.name} modes={others} abilities={abilities} run={(mode) => engage(detail, participant.id, mode)} />
    </Button.Group>
  );
}

function Line({ detail, participant }: { detail: InteractionDetail; participant: Participant }) {
  const words = [
    participant.mode ? t(modeLook(participant.mode).doing) : null,
    participant.state === "ringing" ? t("interaction.participant.ringing") : null,
    participant.state === "left" ? t("interaction.participant.left") : null,
    participant.is_held ? t("interaction.participant.held") : null,
    participant.is_consulted && participant.state !== "left" ? t("interaction.participant.consulted") : null,
    participant.leg_state === "lost" && participant.state === "joined" ? t("interaction.participant.lost") : null,
  ].filter((word) => word !== null);
  return (
    <li className={classes.participant} data-left={participant.state === "left" || undefined}>
      <PersonName name={participant.name || t("interaction.customer")} withInitials />
      {participant.is_muted && participant.state === "joined" && (
        <IconMicrophoneOff size={15} role="img" aria-label={t("interaction.participant.muted")} />
      )}
      <span className={classes.dimmed}>{words.join(" · ")}</span>
      <span className={classes.end}>
        <Supervise detail={detail} participant={participant} />
      </span>
    </li>
  );
}

/** Who is on an interaction, internal and external, each with the way to supervise them. */
export function Participants({ detail }: { detail: InteractionDetail }) {
  const groups = [
    { title: t("interaction.internal"), of: detail.participants.filter((each) => each.purpose !== "customer") },
    { title: t("interaction.external"), of: detail.participants.filter((each) => each.purpose === "customer") },
  ];
  return groups.map(({ title, of }) => (
    <Section key={title} title={title}>
      {of.length === 0 ? (
        <p className={classes.dimmed}>{t("interaction.no_internal")}</p>
      ) : (
        <ul className={classes.participants}>
          {of.map((participant) => (
            <Line key={`${participant.id} ${participant.mode ?? ""}`} detail={detail} participant={participant} />
          ))}
        </ul>
      )}
    </Section>
  ));
}
