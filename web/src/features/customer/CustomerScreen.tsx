import { Alert, Button, TextInput } from "@mantine/core";
import { IconMicrophone, IconMicrophoneOff, IconPhone, IconPhoneOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type FormEvent } from "react";
import { apiQuery } from "@/api";
import { LevelMeter, microphoneState, openMicrophone } from "@/features/phone";
import { announce } from "@/lib/announcer";
import { useStore } from "@/lib/store";
import { t, tMaybe } from "@/lib/texts";
import { ProblemAlert, useParam, useScreenTitle } from "@/ui";
import { CustomerLine, NoMicrophone, type CustomerCall } from "./customer-call";
import classes from "./customer.module.css";

function useLine(slug: string): CustomerLine {
  const [line] = useState(() => new CustomerLine(slug));
  useEffect(() => {
    line.resume();
    return () => line.close();
  }, [line]);
  return line;
}

function words(call: CustomerCall | null): string {
  if (call === null) return t("customer.returning");
  if (call.state === "talking" && call.agent_name !== null) return t("customer.talking", { name: call.agent_name });
  return tMaybe(`customer.${call.state}`) ?? call.state;
}

function Talk({ line, call }: { line: CustomerLine; call: CustomerCall | null }) {
  const [isMuted, setMuted] = useState(false);
  const [isEnding, setEnding] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const microphone = useStore(microphoneState);
  const state = useStore(line.leg.state);
  const isLocked = useStore(line.leg.isLocked);
  const text = words(call);
  useEffect(() => announce(text), [text]);
  const mute = (wanted: boolean) => {
    line.mute(wanted);
    setMuted(wanted);
  };
  const hangUp = async () => {
    if (isEnding) return;
    setEnding(true);
    setProblem(null);
    try {
      await line.hangUp();
    } catch (error) {
      setProblem(error);
    } finally {
      setEnding(false);
    }
  };
  return (
    <div className={classes.call}>
      <p className={classes.state}>{text}</p>
      {call !== null && call.notice !== null && <Alert variant="light">{call.notice}</Alert>}
      {state !== "up" && <p className={classes.dimmed}>{t(state === "lost" ? "customer.lost" : "customer.connecting")}</p>}
      <LevelMeter leg={line.leg} of="heard" />
      {(microphone === "denied" || microphone === "missing") && (
        <Alert color="red" variant="light" role="alert">
          {t("customer.nobody_hears")}
          <div>
            <Button mt="xs" size="xs" variant="default" onClick={() => void openMicrophone()}>
              {t("phone.microphone_again")}
            </Button>
          </div>
        </Alert>
      )}
      <ProblemAlert problem={problem} onRetry={hangUp} />
      {isLocked && (
        <Button size="md" onClick={() => void line.leg.unlock()}>
          {t("phone.unlock")}
        </Button>
      )}
      <div className={classes.buttons}>
        <Button
          size="lg"
          variant="default"
          aria-pressed={isMuted}
          leftSection={isMuted ? <IconMicrophoneOff aria-hidden="true" /> : <IconMicrophone aria-hidden="true" />}
          onClick={() => mute(!isMuted)}
        >
          {t(isMuted ? "customer.unmute" : "customer.mute")}
        </Button>
        <Button
          size="lg"
          color="red"
          aria-busy={isEnding || undefined}
          leftSection={<IconPhoneOff aria-hidden="true" />}
          onClick={() => void hangUp()}
        >
          {t("customer.hang_up")}
        </Button>
      </div>
    </div>
  );
}

function Dial({ line, isOpen }: { line: CustomerLine; isOpen: boolean }) {
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [isDialling, setDialling] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const dial = async (event: FormEvent) => {
    event.preventDefault();
    if (isDialling) return;
    setDialling(true);
    setProblem(null);
    try {
      await line.dial(name.trim(), number.trim());
    } catch (error) {
      setProblem(error);
    } finally {
      setDialling(false);
    }
  };
  return (
    <form className={classes.form} onSubmit={(event) => void dial(event)}>
      <TextInput size="md" label={t("customer.name")} autoComplete="name" maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput size="md" label={t("customer.number")} type="tel" autoComplete="tel" maxLength={200} value={number} onChange={(event) => setNumber(event.currentTarget.value)} />
      {problem instanceof NoMicrophone ? (
        <Alert color="red" variant="light" role="alert">
          {t("customer.no_microphone")}
        </Alert>
      ) : (
        <ProblemAlert problem={problem} />
      )}
      <Button type="submit" size="lg" disabled={!isOpen} aria-busy={isDialling || undefined} leftSection={<IconPhone aria-hidden="true" />}>
        {t(isDialling ? "customer.calling" : "customer.call")}
      </Button>
      {!isOpen && <p className={classes.dimmed}>{t("customer.closed")}</p>}
    </form>
  );
}

/** The customer's page of a queue, `/c/<queue>`: call, and hang up. */
export default function CustomerScreen() {
  const slug = useParam("slug");
  const queue = useQuery(apiQuery("/api/customer/queues/{slug}", { params: { path: { slug } } }));
  const line = useLine(slug);
  const call = useStore(line.call);
  const isOnCall = useStore(line.isOnCall);
  const title = queue.data?.name ?? t("customer.title");
  useScreenTitle(title);
  return (
    <main className={classes.screen}>
      <div className={classes.card}>
        <h1 className={classes.title}>{title}</h1>
        {isOnCall ? (
          <Talk line={line} call={call} />
        ) : queue.isError ? (
          <ProblemAlert problem={queue.error} onRetry={() => queue.refetch()} />
        ) : (
          <>
            <p className={classes.dimmed} role="status">
              {call === null ? t("customer.lead") : (tMaybe(`customer.ended.${call.ended_reason}`) ?? t("customer.ended"))}
            </p>
            <Dial line={line} isOpen={queue.data?.is_open ?? false} />
          </>
        )}
      </div>
    </main>
  );
}
