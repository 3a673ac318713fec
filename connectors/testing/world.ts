import type { Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
import type { InvokeDeps } from "../attempt/invoke-deps.ts";
import { invokeAction } from "../invoke.ts";
import { pinAction } from "../manifest/pin-action.ts";
import { readConnector } from "../manifest/read-connector.ts";

/* A world without a network for the tests of http actions: what was sent, and what comes back. */

export interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface World {
  answer?: (sent: Sent, count: number) => Response | Promise<Response>;
  connection?: OpenConnection | null;
  secrets?: Record<string, string>;
  env?: Record<string, Json>;
}

export const identity = {
  tenantId: "ten_1",
  environment: "live",
  executionId: "exec_1",
  workflowId: "w",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  traceparent: "00-a-b-01",
};
export const json = (body: Json, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), { headers: { "content-type": "application/json" }, ...init });

export function depsOf(world: World, sent: Sent[]): InvokeDeps {
  return {
    connectLink: async ({ ref, endUser }) => `https://connect.example.com/${endUser ?? ref ?? ""}`,
    findConnection: async () => world.connection ?? null,
    secrets: async (names) =>
      Object.fromEntries(
        names.flatMap((name) => (world.secrets?.[name] === undefined ? [] : [[name, world.secrets[name] ?? ""]])),
      ),
    env: async (names) =>
      Object.fromEntries(
        names.flatMap((name) => (world.env?.[name] === undefined ? [] : [[name, world.env[name] ?? null]])),
      ),
    policy: { developmentHosts: { "svc:8000": "127.0.0.1:1" } },
    fetch: async (target, init) => {
      const request = {
        url: String(target),
        method: init?.method ?? "",
        headers: Object.fromEntries(new Headers(init?.headers)),
        body: init?.body?.toString(),
      };
      sent.push(request);
      return world.answer ? world.answer(request, sent.length) : json({ ok: true });
    },
    now: Date.now,
    services: {
      takeInstance: async () => ({ kind: "none", registered: 0, fitting: 0 }),
      giveBackInstance: () => {},
      claimTask: async () => true,
      sealRevealed: async (values, attempt) => JSON.stringify({ values, attempt }),
      openRevealed: async (sealed) => JSON.parse(sealed).values,
      sign: async (_connector, id) => ({
        "webhook-id": id,
        "webhook-timestamp": "1",
        "webhook-signature": "v1,c2lnbmVk",
      }),
    },
  };
}

export function callOf(
  handler: string,
  input: Json,
  more: { auth?: string; schema?: string; output?: string; environment?: string; resources?: string } = {},
): ActionCall {
  const named = [...handler.matchAll(/\$\{secrets\.(\w+)\}/g)].map(([, name]) => `{name: ${name}, secret: true}`);
  const environment = more.environment ?? (named.length > 0 ? `[${[...new Set(named)].join(", ")}]` : undefined);
  const runtime = [
    ...(environment === undefined ? [] : [`environment: ${environment}`]),
    ...(more.resources === undefined ? [] : [`resources: ${more.resources}`]),
  ].join(", ");
  const text = `connector: {name: plug, namespace: acme, version: 1.0.0${runtime === "" ? "" : `, runtime: {${runtime}}`}}\n${more.auth ? `auth: ${more.auth}\n` : ""}actions:\n  - name: act\n    handler: {http: ${handler}}\n${more.schema ? `    input: ${more.schema}\n` : ""}${more.output ? `    output: ${more.output}\n` : ""}`;
  const { manifest, problems } = readConnector(text, "yaml");
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const action = manifest && pinAction(manifest, "act");
  if (action === undefined) throw new Error("no such action");
  return withInput(action, input);
}

function withInput(action: ActionCall["action"], input: Json): ActionCall {
  return {
    path: "fetch[2]",
    stepId: "fetch",
    attempt: 3,
    action,
    input,
    idempotencyKey: "exec_1:1:fetch[2]",
    timeoutMs: 5_000,
    deadline: Date.now() + 5_000,
  };
}

export function httpCall(name: string, input: Json): ActionCall {
  const http = FIRST_PARTY.find((manifest) => manifest.name === "http");
  const action = http && pinAction(http, name);
  if (action === undefined) throw new Error("no http connector");
  return withInput(action, input);
}

export async function invoke(
  call: ActionCall,
  world: World = {},
): Promise<{ result: ActionResult; sent: Sent[]; first: Sent }> {
  const sent: Sent[] = [];
  const result = await invokeAction(call, identity, depsOf(world, sent));
  return { result, sent, first: sent[0] ?? { url: "", method: "", headers: {}, body: undefined } };
}

export async function errorOf(call: ActionCall, world: World = {}) {
  const { result } = await invoke(call, world);
  if (result.ok) throw new Error(`was accepted: ${JSON.stringify(result.output)}`);
  return result;
}

export const service = "{url: 'http://svc:8000/execute', method: POST}";

export const direct = (url: string, rest = "") => `{url: '${url}', method: GET${rest}}`;
