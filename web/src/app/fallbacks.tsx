import { Button, Code, Skeleton } from "@mantine/core";
import { IconCompassOff } from "@tabler/icons-react";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { t } from "@/lib/texts";
import { EmptyState, Page, useScreenTitle } from "@/ui";

/** What there is to see where nothing is, or nothing that one may see. */
export function NotFound() {
  useScreenTitle(t("shell.not_found.title"));
  return (
    <Page title={t("shell.not_found.title")}>
      <EmptyState
        icon={IconCompassOff}
        title={t("shell.not_found.text")}
        action={
          <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
            {t("shell.not_found.action")}
          </Button>
        }
      />
    </Page>
  );
}

/** A screen whose code is still on its way: the shape that every screen has. */
export function ScreenSkeleton() {
  return (
    <Page title={<Skeleton height={20} width={180} my={4} />}>
      <div aria-busy="true" aria-label={t("shell.loading")}>
        <Skeleton height={34} width="60%" mb="md" />
        <Skeleton height={320} />
      </div>
    </Page>
  );
}

/** A screen that threw: the rest of the page goes on. */
export function ScreenCrashed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page title={t("shell.crash.title")}>
      <div role="alert">
        <p>{t("shell.crash.text")}</p>
        <Code block>{error instanceof Error ? `${error.name}: ${error.message}` : String(error)}</Code>
      </div>
      <div>
        <Button
          onClick={() => {
            reset();
            void router.invalidate();
          }}
        >
          {t("shell.crash.action")}
        </Button>
      </div>
    </Page>
  );
}
