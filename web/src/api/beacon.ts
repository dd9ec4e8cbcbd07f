import type { paths } from "./schema.gen";

type BeaconPath = Extract<keyof paths, `${string}/close`>;

/**
 * Tell the server something while the page goes away, when no answer can be waited for.
 *
 * A beacon carries no headers: it needs no CSRF token, and a customer's secret goes into the body.
 */
export function sendBeacon(path: BeaconPath, leg_id: string, body: { generation: number; token?: string }): void {
  navigator.sendBeacon(path.replace("{leg_id}", leg_id), JSON.stringify(body));
}
