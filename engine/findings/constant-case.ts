import type { SwitchStep } from "../definition/types.ts";
import { constantValue } from "./constant.ts";

/** The key that a switch looks for in every run: its value as text (section 20). Undefined: it depends on the run. */
export function constantCase(step: SwitchStep): string | undefined {
  const constant = constantValue(step.value);
  if (constant === undefined || constant.fails) return undefined;
  const { value } = constant;
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
