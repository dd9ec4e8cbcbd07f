import { Pane } from "@/ui";
import { InteractionBody, interactionTitle, useInteraction } from "./InteractionBody";

/** An interaction in the third pane. */
export default function InteractionPane({ id }: { id: string }) {
  const query = useInteraction(id);
  return (
    <Pane title={interactionTitle(query.data)} lead={query.data?.customer_name} to={`/performance/interactions/${id}`}>
      <InteractionBody query={query} />
    </Pane>
  );
}
