import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { RealtimeProvider } from "@/realtime";
import { ConfirmHost } from "@/ui";
import { theme } from "@/ui/theme";
import { cssVariablesResolver } from "@/ui/tokens";
import { applyEvent } from "./handlers";
import { LiveRegions } from "./LiveRegions";
import { makeQueryClient } from "./query-client";
import { makeRouter } from "./router";

// The same key as in public/scheme.js, which sets the scheme before the first paint.
const schemeManager = localStorageColorSchemeManager({ key: "sideline.scheme" });

/** The whole application. */
export function App() {
  const [queryClient] = useState(makeQueryClient);
  const [router] = useState(makeRouter);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queryClient}>
        <RealtimeProvider applyEvent={applyEvent}>
          <RouterProvider router={router} />
          <ConfirmHost />
        </RealtimeProvider>
      </QueryClientProvider>
      {/* Not at the bottom, where a dock may be needed. */}
      <Notifications position="top-center" limit={3} zIndex={400} className="notices" />
      <LiveRegions />
    </MantineProvider>
  );
}
