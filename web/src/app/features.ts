import { coachManager } from "@/features/coach-manager";
import { customer } from "@/features/customer";
import { desk } from "@/features/desk";
import { engagements } from "@/features/engagements";
import { interactions } from "@/features/interactions";
import { performance } from "@/features/performance";
import { phone } from "@/features/phone";
import { presence } from "@/features/presence";
import type { Feature } from "@/ui";
import { gallery } from "./gallery/feature";

/** What Sideline is made of. A new feature is a folder and a line here. */
export const features: readonly Feature[] = [presence, phone, engagements, interactions, customer, desk, performance, coachManager, ...(import.meta.env.DEV ? [gallery] : [])];
