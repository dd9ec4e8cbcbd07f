import { t } from "@/lib/texts";

/** The body of an RFC 9457 `application/problem+json` answer, as Sideline's server writes it. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** A sentence for each field that was not accepted. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Further members, such as `retry_after_seconds`. */
  readonly [extra: string]: unknown;
}

/** `code` of a request that never got an answer. */
export const NO_CONNECTION = "no_connection";

/** An error that the server explained, or that we explain for it. `message` is a sentence for the person. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly title: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  /** Stable name for programs, `engagement_already_coached`. */
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly extras: Readonly<Record<string, unknown>>;

  constructor(body: ProblemBody) {
    super(body.detail || body.title);
    this.title = body.title;
    this.status = body.status;
    this.detail = body.detail;
    this.code = body.code;
    this.fields = body.fields ?? {};
    this.extras = body;
  }

  /** Seconds after which it is worth trying again; undefined when the server did not say. */
  get retryAfterSeconds(): number | undefined {
    const params = this.extras.params as { retry_after_seconds?: unknown } | undefined;
    const told = Number(this.extras.retry_after_seconds ?? params?.retry_after_seconds);
    return Number.isFinite(told) ? told : undefined;
  }

  /** Whether the command may or may not have been done: repeat it with the same key. */
  get isUncertain(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

function isProblemBody(value: unknown): value is ProblemBody {
  return typeof value === "object" && value !== null && "title" in value && "code" in value;
}

/** Read the problem out of a failed answer; an answer of another kind (a proxy's page) becomes an honest sentence. */
export async function problemFrom(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  if (isProblemBody(body)) return new Problem({ ...body, detail: body.detail ?? "", status: response.status });
  return new Problem({
    type: "about:blank",
    title: t("problem.title"),
    status: response.status,
    detail: t("problem.unexpected", { status: String(response.status) }),
    code: `http_${response.status}`,
  });
}

/** The problem for a request that got no answer. */
export function noConnection(): Problem {
  return new Problem({
    type: "about:blank",
    title: t("problem.network_title"),
    status: 0,
    detail: t("problem.network"),
    code: NO_CONNECTION,
  });
}

/** Anything thrown, as a Problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({
    type: "about:blank",
    title: t("problem.title"),
    status: 0,
    detail: t("problem.page_broken"),
    code: error instanceof Error ? error.name : "unknown",
  });
}
