import { secretNames } from "../../engine/expressions/secrets.ts";
import { isObject, type JsonObject } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { compileSchema } from "../../engine/schema/validate.ts";
import { inputCheck, invalid } from "../input-check.ts";
import { interned } from "../interned-schema.ts";
import type { InvokeDeps } from "../attempt/invoke-deps.ts";
import type { PinnedHttpHandler } from "../handlers/http/pinned-handler.ts";
import type { Masker } from "../mask.ts";
import { missingConnection } from "../missing-connection.ts";
import { misplacedSecret, revealInput } from "../reveal-input.ts";
import { unsetSecret } from "../unset-secret.ts";
import { wantedConnection } from "../wanted-connection.ts";
import { TRUSTED_FUNCTIONS } from "./all-functions.ts";
import type { FunctionWorld } from "./trusted-function.ts";
import type { TrustedName } from "./trusted-names.ts";

type Failed = Extract<ActionResult, { ok: false }>;

/** How a function's requests leave: as calls of http actions, within the same attempt. */
type Send = (call: ActionCall, deps: InvokeDeps) => Promise<ActionResult>;

/** Runs one trusted function: its secrets are opened here, and masked in whatever comes back by the caller's masker. */
export async function runFunction(
  name: TrustedName,
  call: ActionCall,
  deps: InvokeDeps,
  masker: Masker,
  send: Send,
): Promise<ActionResult> {
  const misplaced = misplacedSecret(call);
  if (misplaced !== undefined) return misplaced;
  const names = secretNames(call.input);
  const secrets = names.length === 0 ? {} : await deps.secrets(names);
  for (const value of Object.values(secrets)) masker.add(value);
  const missing = names.find((wanted) => !Object.hasOwn(secrets, wanted));
  if (missing !== undefined) return failure("VALIDATION", unsetSecret(missing), { secret: missing });
  const checked = inputCheck(call.action.input ?? {}).any(
    revealInput(call.input, secrets, (value) => masker.add(value)),
  );
  if (!checked.ok) return checked;
  const input = isObject(checked.value) ? checked.value : {};
  const result = await TRUSTED_FUNCTIONS[name](input, worldOf(call, deps, masker, send));
  if (!result.ok || call.action.output === undefined) return result;
  const problems = compileSchema(interned(call.action.output)).validate(result.output);
  if (problems.length === 0) return result;
  return { ok: false, error: invalid("The answer does not fit the action's output schema", problems) };
}

function worldOf(call: ActionCall, deps: InvokeDeps, masker: Masker, send: Send): FunctionWorld {
  const connector = `${call.action.namespace}/${call.action.connector}`;
  return {
    idempotencyKey: call.idempotencyKey,
    now: deps.now,
    conceal: (text) => masker.add(text),
    async connection() {
      const wanted = wantedConnection(connector, call.connection);
      if (wanted === undefined) {
        return failure("VALIDATION", "`connection` must be a name, an id, or `{end_user: …}`", { field: "connection" });
      }
      const connection = await deps.findConnection(wanted);
      if (connection === null || connection.problem) return missingConnection(call, wanted, connection, deps);
      masker.add(connection.secrets ?? []);
      return { ok: true, connection };
    },
    send(handler, values, options = {}) {
      const sent = asHttpCall(call, handler, values);
      if (options.anonymous !== true) return send(sent, deps);
      const { connection: _, ...unnamed } = sent;
      const { auth: __, ...action } = unnamed.action;
      return send({ ...unnamed, action }, anonymously(deps));
    },
  };
}

/** The same, for a request that has no connection whatever there is. */
function anonymously(deps: InvokeDeps): InvokeDeps {
  const { policy, fetch, now, services } = deps;
  return {
    policy,
    fetch,
    now,
    services,
    findConnection: async () => null,
    connectionNames: async (connector) => (await deps.connectionNames?.(connector)) ?? [],
    connectLink: (wanted) => deps.connectLink(wanted),
    secrets: (names) => deps.secrets(names),
    env: (names) => deps.env(names),
  };
}

/** The same attempt as a call of an http action: its input holds nothing but values, and its output is the function's to read. */
function asHttpCall(call: ActionCall, handler: Partial<PinnedHttpHandler>, values: JsonObject): ActionCall {
  const { input: _, output: __, secretMembers: ___, ...action } = call.action;
  const http: JsonObject = JSON.parse(JSON.stringify({ kind: "http", style: "direct", ...handler }));
  return { ...call, action: { ...action, handler: http }, input: values };
}

function failure(code: Failed["error"]["code"], message: string, details: JsonObject): Failed {
  return { ok: false, error: { code, message, details } };
}
