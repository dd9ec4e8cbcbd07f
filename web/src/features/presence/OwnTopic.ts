import { useMe } from "@/api";
import { useTopic } from "@/realtime";

/**
 * Watches what concerns the signed-in user: their presence, their rights, the end of their sign-in.
 *
 * And what is decided for everybody: a policy changes what one may do on every screen.
 */
export function OwnTopic() {
  useTopic([`user:${useMe().user.id}`, "organisation"]);
  return null;
}
