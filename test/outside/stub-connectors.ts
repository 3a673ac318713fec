import type { Client } from "./client.ts";
import { isMap, type Json, type JsonMap } from "./json.ts";
import { SERVICE_HOST } from "./use-platform.ts";

const REFERENCE = /^(?:connector:)?([\w-]+)\/([\w.-]+)@(\d+\.\d+\.\d+)$/;

interface Stub {
  namespace: string;
  name: string;
  version: string;
  actions: Set<string>;
}

/**
 * Publishes, for every connector that a file's steps name and the platform does not have, one with these actions that
 * take anything and call the scripted service.
 */
export async function publishStubs(api: Client, ...files: Json[]): Promise<void> {
  const stubs = new Map<string, Stub>();
  for (const step of files.flatMap(stepsIn)) {
    const action = step.action ?? step.operation;
    const [, namespace = "outside", name = String(step.plugin), version = "1.0.0"] =
      REFERENCE.exec(String(step.connector)) ?? [];
    if (typeof action !== "string" || (step.plugin === undefined && step.connector === undefined)) continue;
    const id = `${namespace}/${name}@${version}`;
    const stub = stubs.get(id) ?? { namespace, name, version, actions: new Set() };
    stub.actions.add(action);
    stubs.set(id, stub);
  }
  for (const stub of stubs.values()) {
    if (stub.namespace === "community") continue;
    const answer = await api.post("/plugins", manifestOf(stub));
    if (![201, 409].includes(answer.status)) throw new Error(`stub ${stub.name}: ${answer.status} ${answer.text}`);
  }
}

/** Every map, at any depth, that could be an action step. */
function stepsIn(value: Json): JsonMap[] {
  if (Array.isArray(value)) return value.flatMap(stepsIn);
  if (!isMap(value)) return [];
  const inner = Object.values(value).flatMap(stepsIn);
  return "plugin" in value || "connector" in value ? [value, ...inner] : inner;
}

function manifestOf({ namespace, name, version, actions }: Stub): JsonMap {
  return {
    connector: {
      type: "connector",
      kind: "http",
      name,
      namespace,
      version,
      displayName: name,
      description: `Stands in for ${name}`,
    },
    actions: [...actions].map((action) => ({
      name: action,
      description: action,
      input: { type: "object" },
      output: {},
      handler: { http: { url: `http://${SERVICE_HOST}/execute`, method: "POST" } },
    })),
  };
}
