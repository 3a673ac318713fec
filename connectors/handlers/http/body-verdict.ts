import type { JsonObject } from "../../../engine/json.ts";
import type { ActionResult, ReportedUsage } from "../../../engine/run/types.ts";
import { queryJson } from "../../../engine/steps/transform/query-json.ts";
import type { Masker } from "../../mask.ts";
import { type ParsedAnswer, quoted } from "./parse-answer.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";

type Failed = Extract<ActionResult, { ok: false }>;

/**
 * The failure that a body speaks of under a status that sounds well: some services answer 200 to everything, and say inside
 * whether it went so (`response.success`). Undefined where it did, or the connector does not ask.
 */
export function failureInBody(handler: PinnedHttpHandler, answer: ParsedAnswer, masker: Masker): Failed | undefined {
  const success = handler.response?.success;
  if (success === undefined) return undefined;
  const found = first(success.path, answer);
  if (found !== undefined && found !== null && found !== false && found !== "" && found !== 0) return undefined;
  const code = success.code === undefined ? undefined : first(success.code, answer);
  const details: JsonObject = { status: answer.status, body: quoted(masker.json(answer.body)) };
  if (typeof code === "string") details.upstream_code = masker.text(code).slice(0, 200);
  const said = typeof details.upstream_code === "string" ? `: ${details.upstream_code}` : "";
  return { ok: false, error: { code: "BACKEND_ERROR", message: `The service reported an error${said}`, details } };
}

/** What the service counted, where the connector says where it stands (`response.usage`). */
export function usageInBody(handler: PinnedHttpHandler, answer: ParsedAnswer): ReportedUsage | undefined {
  const paths = handler.response?.usage;
  if (paths === undefined) return undefined;
  const reported: ReportedUsage = {};
  for (const name of ["input_tokens", "output_tokens"] as const) {
    const path = paths[name];
    const value = path === undefined ? undefined : first(path, answer);
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) reported[name] = Math.round(value);
  }
  return Object.keys(reported).length > 0 ? reported : undefined;
}

function first(path: string, { body }: ParsedAnswer) {
  const found = queryJson(path, body);
  return found.ok ? found.values[0] : undefined;
}
