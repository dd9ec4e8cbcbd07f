import createClient, { type Middleware } from "openapi-fetch";
import { NO_CONNECTION, noConnection, Problem, problemFrom } from "./problem";
import type { paths } from "./schema.gen";
import { sessionLost } from "./session-state";

/** The value of a cookie that scripts may read, or undefined. */
function cookie(name: string): string | undefined {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found === undefined ? undefined : decodeURIComponent(found.slice(name.length + 1));
}

const SAFE = new Set(["GET", "HEAD"]);

const house: Middleware = {
  onRequest({ request }) {
    const token = SAFE.has(request.method) ? undefined : cookie("sideline_csrf");
    if (token !== undefined) request.headers.set("X-CSRF-Token", token);
    return request;
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const problem = await problemFrom(response);
    if (problem.status === 401 && schemaPath !== "/api/sign-in") sessionLost();
    throw problem;
  },
  onError({ error }) {
    if (error instanceof Problem) return error;
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return noConnection();
  },
};

/**
 * The typed HTTP client. Every failure throws a {@link Problem}.
 *
 * Screens use `apiQuery` and `useCommand`; this is for what fits neither.
 */
export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  // Looked up at each call, so that tests and the browser's own tools can replace it.
  fetch: (request) => globalThis.fetch(request),
});
client.use(house);

export { NO_CONNECTION };
