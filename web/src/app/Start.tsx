import { Navigate } from "@tanstack/react-router";
import { useMe } from "@/api";
import { NotFound } from "./fallbacks";
import { navigationFor } from "./navigation";

/** The start for organisations without a home screen: the first place that one may go to. */
export function Start() {
  const first = navigationFor(useMe())[0]?.items[0];
  return first ? <Navigate to={first.to} replace /> : <NotFound />;
}
