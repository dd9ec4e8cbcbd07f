import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { apiQuery } from "@/api";
import { t } from "@/lib/texts";
import { notifyProblem } from "@/ui";
import { useCallControls, type Call } from "./use-desk";

/** The coded outcome of a call, set while it lasts or in wrap-up. */
export function ResultCode({ call, size = "xs" }: { call: Call; size?: "xs" | "sm" }) {
  const codes = useQuery(apiQuery("/api/result-codes")).data ?? [];
  const { setResultCode } = useCallControls();
  const chosen = call.result_code;
  const data = codes.filter((code) => code.is_active).map(({ id, label }) => ({ value: id, label }));
  // The choice is shown before the codes are there, and when its code is offered no longer.
  if (chosen !== null && !data.some(({ value }) => value === chosen.id)) data.push({ value: chosen.id, label: chosen.label });
  return (
    <Select
      size={size}
      w={190}
      aria-label={t("interaction.result_code")}
      placeholder={t("interaction.result_code")}
      data={data}
      value={chosen?.id ?? null}
      searchValue={chosen?.label ?? ""}
      clearable
      onChange={(value) => void setResultCode(call, value).catch(notifyProblem)}
    />
  );
}
