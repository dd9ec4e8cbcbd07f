import type { Ability } from "@/api";
import { t } from "@/lib/texts";
import { useIsConnecting } from "./use-standing";

type Abilities = Readonly<Record<string, Ability>>;

/**
 * What one may do, as it is to be said: the server knows nothing of a phone that this page is just connecting, and
 * "isn't connected" would be said of it right after each page load.
 */
export function usePhoneWords(): <A extends Abilities | undefined>(abilities: A) => A {
  const isConnecting = useIsConnecting();
  return (abilities) => {
    if (!isConnecting || abilities === undefined) return abilities;
    const said = Object.entries(abilities).map(([name, ability]) => [name, inWords(ability)] as const);
    return Object.fromEntries(said) as typeof abilities;
  };
}

function inWords(ability: Ability): Ability {
  return ability.refusal?.code === "no_phone" ? { ...ability, refusal: { ...ability.refusal, text: t("phone.wait") } } : ability;
}
