import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { parseSearch, stringifySearch } from "@/app/search-params";
import { ConfirmHost } from "@/ui";

/** A query client that does not repeat what fails. */
export function quietQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { retry: false } } });
}

/** Render with what components find around them in the application: theme, queries, an address. */
export async function renderAt(
  node: ReactNode,
  { address = "/", queryClient = quietQueryClient() }: { address?: string; queryClient?: QueryClient } = {},
): Promise<RenderResult & { address: () => string }> {
  const history = createMemoryHistory({ initialEntries: [address] });
  const router = createRouter({
    routeTree: createRootRoute({ component: () => node, notFoundComponent: () => node }),
    history,
    parseSearch,
    stringifySearch,
  });
  await router.load();
  const result = render(
    <MantineProvider env="test">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <ConfirmHost />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...result, address: () => history.location.href };
}
