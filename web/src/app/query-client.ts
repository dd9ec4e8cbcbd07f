import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api";

/** How questions to the server behave, unless one says otherwise. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Shorter than the grace of a topic: an answer still fresh was kept true by its events.
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        // The socket tells what changed while we were away.
        refetchOnReconnect: false,
        // What the server explained will not change by asking again; what got no answer may.
        retry: (failures, error) => asProblem(error).isUncertain && failures < 2,
      },
      mutations: { retry: false },
    },
  });
}
