import type { Texts } from "../types";
import { coachManager } from "./coach-manager";
import { customer } from "./customer";
import { desk } from "./desk";
import { engagements } from "./engagements";
import { home } from "./home";
import { interactions } from "./interactions";
import { organisation } from "./organisation";
import { performance } from "./performance";
import { phone } from "./phone";
import { presence } from "./presence";
import { settings } from "./settings";
import { shell } from "./shell";
import { signIn } from "./sign-in";
import { ui } from "./ui";

/** The English catalogue: one file a feature, merged here. A translation is another object with the same keys. */
export const en = { ...shell, ...ui, ...signIn, ...presence, ...phone, ...engagements, ...interactions, ...customer, ...desk, ...performance, ...coachManager, ...organisation, ...settings, ...home } as const satisfies Texts;
