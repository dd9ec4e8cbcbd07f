import { Button, Loader, PasswordInput, TextInput, VisuallyHidden } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { apiQuery, asProblem, signIn, type Problem } from "@/api";
import { serverNow, useNowAs } from "@/lib/clock";
import { formatDuration } from "@/lib/format";
import { t } from "@/lib/texts";
import { Initials, ProblemAlert, useScreenTitle } from "@/ui";
import classes from "./SignInScreen.module.css";

/** Seconds until another attempt is taken, counted down; 0 when there is no wait. */
function useWait(problem: Problem | null): number {
  const [until, setUntil] = useState(0);
  useEffect(() => {
    const seconds = problem?.code === "too_many_attempts" ? (problem.retryAfterSeconds ?? 30) : 0;
    setUntil(seconds > 0 ? serverNow() + seconds * 1000 : 0);
  }, [problem]);
  return useNowAs((now) => Math.max(0, Math.ceil((until - now) / 1000)));
}

/** Email and password; in a demo, the people to choose from. `isReturning`: a session has just ended in the middle of work. */
export function SignInScreen({ isReturning = false }: { isReturning?: boolean }) {
  useScreenTitle(t("sign_in.title"));
  const queryClient = useQueryClient();
  const hints = useQuery({ ...apiQuery("/api/sign-in-hints"), staleTime: Infinity, retry: false });
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const submit = useRef<HTMLButtonElement>(null);
  const wait = useWait(problem);

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || wait > 0) return;
    const found = {
      ...(email.trim() === "" && { email: t("sign_in.email_missing") }),
      ...(password === "" && { password: t("sign_in.password_missing") }),
    };
    setMissing(found);
    setProblem(null);
    if (Object.keys(found).length > 0) {
      form.current?.querySelector<HTMLInputElement>(found.email ? '[name="email"]' : '[name="password"]')?.focus();
      return;
    }
    setBusy(true);
    try {
      await signIn(queryClient, { email: email.trim(), password });
    } catch (error) {
      const refused = asProblem(error);
      setProblem(refused);
      if (refused.code === "sign_in_failed") form.current?.querySelector<HTMLInputElement>('[name="password"]')?.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className={classes.screen}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <svg viewBox="0 0 32 32" width="40" height="40" aria-hidden="true">
            <rect width="32" height="32" rx="8" fill="#4447c4" />
            <path d="M9 8v16M15 12.5v7M20 9.5v13M25 13.5v5" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
          </svg>
          <div>
            <h1 className={classes.title}>{t("app.name")}</h1>
            <p className={classes.lead}>{t("sign_in.lead")}</p>
          </div>
        </div>

        {isReturning && (
          <p className={classes.note} role="status">
            {t("sign_in.expired")}
          </p>
        )}

        <form ref={form} className={classes.form} onSubmit={(event) => void onSubmit(event)} noValidate aria-label={t("sign_in.title")}>
          <TextInput
            size="md"
            name="email"
            type="email"
            autoComplete="username"
            // The page has nothing else to begin with.
            autoFocus
            label={t("sign_in.email")}
            value={email}
            error={missing.email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            size="md"
            name="password"
            autoComplete="current-password"
            label={t("sign_in.password")}
            value={password}
            error={missing.password}
            visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password") }}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {wait > 0 ? (
            <p className={classes.refusal} role="alert">
              {t("sign_in.wait", { wait: formatDuration(wait) })}
            </p>
          ) : problem?.code === "sign_in_failed" ? (
            <p className={classes.refusal} role="alert">
              {t("sign_in.failed")}
            </p>
          ) : (
            problem?.code !== "too_many_attempts" && <ProblemAlert problem={problem} />
          )}
          <Button
            ref={submit}
            type="submit"
            size="md"
            fullWidth
            aria-busy={isBusy || undefined}
            aria-disabled={wait > 0 || undefined}
            data-disabled={wait > 0 || undefined}
            leftSection={isBusy ? <Loader size={16} color="currentColor" aria-hidden="true" /> : undefined}
          >
            {t("sign_in.submit")}
          </Button>
        </form>

        {hints.data && hints.data.length > 0 && (
          <section className={classes.hints} aria-labelledby="hints-title">
            <h2 id="hints-title" className={classes.hintsTitle}>
              {t("sign_in.hints.title")}
            </h2>
            <p className={classes.hintsText}>{t("sign_in.hints.text")}</p>
            <ul>
              {hints.data.map((hint) => (
                <li key={hint.email}>
                  <button
                    type="button"
                    className={classes.hint}
                    data-chosen={email === hint.email || undefined}
                    onClick={() => {
                      setEmail(hint.email);
                      setPassword(hint.password);
                      setMissing({});
                      setProblem(null);
                      submit.current?.focus();
                    }}
                  >
                    <Initials name={hint.name} size={30} />
                    <VisuallyHidden>{t("sign_in.hints.use")}</VisuallyHidden>
                    <span className={classes.hintName}>{hint.name}</span>
                    <span className={classes.hintRole}>{hint.role}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </main>
  );
}
