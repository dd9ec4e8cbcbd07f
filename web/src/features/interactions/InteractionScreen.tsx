import { Page, useParam, useScreenTitle } from "@/ui";
import { InteractionBody, interactionTitle, useInteraction } from "./InteractionBody";

/** An interaction on a screen of its own. */
export default function InteractionScreen() {
  const query = useInteraction(useParam("interactionId"));
  const title = interactionTitle(query.data);
  useScreenTitle(title);
  return (
    <Page title={title} lead={query.data?.customer_name}>
      <InteractionBody query={query} />
    </Page>
  );
}
