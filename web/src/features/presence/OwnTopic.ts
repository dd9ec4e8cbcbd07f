import { useMe } from "@/api";
import { useTopic } from "@/realtime";

/** Watches what concerns the signed-in user: their presence, their rights, the end of their sign-in. */
export function OwnTopic() {
  useTopic([`user:${useMe().user.id}`]);
  return null;
}
