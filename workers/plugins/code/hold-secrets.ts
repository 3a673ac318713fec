import type { PinnedCodeHandler } from "../../../connectors/code/pinned-code-handler.ts";
import { misplacedSecret } from "../../../connectors/reveal-input.ts";
import type { CodeHandle } from "../../../contracts/code-gate-rpc.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";

export type Held =
  | { ok: true; input: Json; handles: CodeHandle[]; secrets: Record<string, string> }
  | Extract<ActionResult, { ok: false }>;

/**
 * Secrets as the code gets them: texts that mean nothing, made for this call, which the gate replaces in declared positions of requests
 * to declared hosts (section 17). In the input a marked secret becomes its handle; a function of one has none.
 */
export function holdSecrets(call: ActionCall, handler: PinnedCodeHandler): Held {
  const misplaced = misplacedSecret(call);
  if (misplaced !== undefined) return misplaced;
  const handles = new Map<string, CodeHandle>();
  const hosts = handler.hosts ?? [];
  const hold = (name: string): string => {
    const known = handles.get(name);
    if (known !== undefined) return known.handle;
    const declared = handler.secrets?.find((secret) => secret.name === name);
    const handle = `smartify-secret-${crypto.randomUUID().replaceAll("-", "")}`;
    const positions = (declared?.positions ?? ["header"]).map((position) => position.toLowerCase());
    handles.set(name, { handle, name, positions, hosts: declared?.hosts ?? hosts });
    return handle;
  };
  const secrets = Object.fromEntries((handler.secrets ?? []).map(({ name }) => [name, hold(name)]));
  const computed: string[] = [];
  const input = withHandles(call.input, hold, computed);
  if (computed.length > 0)
    return refused("Code gets secrets as handles: a function of a secret cannot stand in its input", computed[0] ?? "");
  return { ok: true, input, handles: [...handles.values()], secrets };
}

function withHandles(value: Json, hold: (name: string) => string, computed: string[], pointer = ""): Json {
  if (Array.isArray(value)) return value.map((item, index) => withHandles(item, hold, computed, `${pointer}/${index}`));
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, "$secret")) {
    const secret = value.$secret;
    if (isObject(secret) && typeof secret.name === "string") return hold(secret.name);
    computed.push(pointer);
    return null;
  }
  const open: JsonObject = {};
  for (const [key, item] of Object.entries(value)) open[key] = withHandles(item, hold, computed, `${pointer}/${key}`);
  return open;
}

function refused(message: string, field: string): Extract<ActionResult, { ok: false }> {
  return { ok: false, permanent: true, error: { code: "VALIDATION", message, details: { field } } };
}
