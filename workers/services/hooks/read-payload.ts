import { failure, success, type Result } from "../../../contracts/errors.ts";
import { parseJson } from "../../../contracts/parse-json.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { containsSecret } from "../../../engine/expressions/index.ts";
import type { Json } from "../../../engine/json.ts";

/** A webhook's body as `trigger.payload` has it: JSON and forms as values, anything else as text, nothing as null. */
export function readPayload(body: Uint8Array, contentType: string | null): Result<Json> {
  if (body.length === 0) return success(null);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    return { ...failure("VALIDATION", "The body must be text: JSON, a form or plain text in UTF-8."), status: 415 };
  }
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-www-form-urlencoded") return safe(formOf(text));
  if (type === "application/json" || type.endsWith("+json")) {
    const value = parseJson(text);
    return value.ok ? safe(value.value) : value;
  }
  const perhaps = type === "" ? parseJson(text) : undefined;
  return safe(perhaps?.ok ? perhaps.value : text);
}

function safe(payload: Json): Result<Json> {
  if (!containsSecret(payload)) return success(payload);
  const message = 'A member must not be named "$secret": it marks the platform\'s own secrets.';
  return validationFailure([{ path: "", message }]);
}

/** Members of a form or query; one that is given several times is a list. */
export function formOf(text: string): Record<string, Json> {
  const form: Record<string, Json> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === "__proto__") continue;
    const before = Object.hasOwn(form, name) ? form[name] : undefined;
    form[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return form;
}
