import { coachManager } from "@/features/coach-manager";
import { customer } from "@/features/customer";
import { desk } from "@/features/desk";
import { engagements } from "@/features/engagements";
import { home } from "@/features/home";
import { interactions } from "@/features/interactions";
import { organisation } from "@/features/organisation";
import { performance } from "@/features/performance";
import { phone } from "@/features/phone";
import { presence } from "@/features/presence";
import { settings } from "@/features/settings";
import type { Feature } from "@/ui";
import { gallery } from "./gallery/feature";

/** What Sideline is made of. A new feature is a folder and a line here. */
export const features: readonly Feature[] = [presence, phone, engagements, interactions, customer, desk, performance, coachManager, organisation, settings, home, ...(import.meta.env.DEV ? [gallery] : [])];
