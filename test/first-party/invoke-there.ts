import type { InvokeDeps } from "../../connectors/attempt/invoke-deps.ts";
import { invokeAction } from "../../connectors/invoke.ts";
import type { ConnectorManifest } from "../../connectors/manifest/manifest.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { callOf } from "./call.ts";
import type { Counterpart } from "./counterparts.ts";

const identity = {
  tenantId: "ten_1",
  environment: "live",
  executionId: "exec_1",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
};

/** `{{ secrets.NAME }}` as the engine hands it on: marked, and opened only where the call is made. */
export function marked(value: Json): Json {
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, marked(item)]));
  }
  const name = typeof value === "string" ? /^\{\{ secrets\.(\w+) \}\}$/.exec(value)?.[1] : undefined;
  return name === undefined ? value : { $secret: { name } };
}

/** Carries out one action through the engine of http actions, against its counterpart. */
export async function invokeThere(
  manifest: ConnectorManifest,
  action: string,
  input: JsonObject,
  there: Counterpart,
  secrets: Record<string, string> = {},
  change: Partial<InvokeDeps> = {},
): Promise<ActionResult> {
  const deps: InvokeDeps = {
    findConnection: async () => there.connection ?? null,
    secrets: async (names) =>
      Object.fromEntries(names.flatMap((name) => (secrets[name] === undefined ? [] : [[name, secrets[name]]]))),
    connectLink: async () => "https://connect.test",
    env: async () => ({}),
    policy: { developmentHosts: there.hosts },
    fetch,
    now: Date.now,
    services: {
      takeInstance: async () => ({ kind: "none", registered: 0, fitting: 0 }),
      giveBackInstance: () => undefined,
      claimTask: async () => false,
      sealRevealed: async (values, attempt) => JSON.stringify({ values, attempt }),
      openRevealed: async (sealed) => JSON.parse(sealed).values,
      sign: async () => ({}),
    },
    ...change,
  };
  return invokeAction(callOf(manifest, action, marked(input)), identity, deps);
}
