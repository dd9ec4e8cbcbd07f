import { IconPhoneCall } from "@tabler/icons-react";
import { client } from "@/api";
import { t } from "@/lib/texts";
import type { PaletteProvider } from "@/ui";

/** Finds interactions in progress by Call ID, agent or customer. */
export const interactionPalette: PaletteProvider = {
  id: "interactions",
  heading: "interaction.title",
  needs: "view_interactions",
  search: async (query, signal) => {
    const { data } = await client.GET("/api/interactions", { params: { query: { state: "live", size: 200 } }, signal });
    const words = query.toLocaleLowerCase();
    return (data?.items ?? [])
      .filter((row) => `${row.number} ${row.agent?.name ?? ""} ${row.customer_name} ${row.phone_number}`.toLocaleLowerCase().includes(words))
      .slice(0, 6)
      .map((row) => ({
        id: `interaction ${row.id}`,
        label: t("interaction.row", { number: String(row.number), name: row.agent?.name ?? row.customer_name }),
        hint: row.customer_name,
        icon: IconPhoneCall,
        to: `/performance/interactions/${row.id}`,
      }));
  },
};
