import type { Texts } from "../types";
import { coachManager } from "./coach-manager";
import { customer } from "./customer";
import { desk } from "./desk";
import { engagements } from "./engagements";
import { interactions } from "./interactions";
import { performance } from "./performance";
import { phone } from "./phone";
import { presence } from "./presence";
import { shell } from "./shell";
import { signIn } from "./sign-in";
import { ui } from "./ui";

/** The English catalogue: one file a feature, merged here. A translation is another object with the same keys. */
export const en = { ...shell, ...ui, ...signIn, ...presence, ...phone, ...engagements, ...interactions, ...customer, ...desk, ...performance, ...coachManager } as const satisfies Texts;
