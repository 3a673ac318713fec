import type { HttpPluginRpc } from "../../../contracts/http-plugin-rpc.ts";
import type { PluginRpc, TenantRpc } from "../../../contracts/rpc.ts";
import { callPlugin } from "../../../durable-objects/coordinator/plugin-calls.ts";
import { isObject, type Json } from "../../../engine/json.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import type { CallRequest, CallWork } from "../call-request.ts";

interface AdderRpc {
  add(a: number, b: number): Promise<{ result: number }>;
  addAt(url: string, headers: Record<string, string>, a: number, b: number): Promise<{ result: number }>;
}

interface IsolateRpc {
  run(input: Json): Promise<Json>;
}

interface Env {
  TOOLBOX_PLUGIN: PluginRpc;
  HTTP_PLUGIN: HttpPluginRpc;
  CODE_PLUGIN: PluginRpc;
  TENANT: { getByName(name: string): TenantRpc };
  ADDER: AdderRpc;
  NETWORK: Fetcher;
  LOADER: WorkerLoader;
}

/** What the floor's isolates run around the module. */
const BARE = `
import { WorkerEntrypoint } from "cloudflare:workers";
import { add } from "./module.js";
export default class extends WorkerEntrypoint {
  run(input) { return add(input); }
}`;

/** Makes calls one after the other, as a coordinator does or as it would be done by hand, and checks what each answers. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const asked: CallRequest = await request.json();
    switch (asked.kind) {
      case "calls": {
        const add = adderOf(asked.work, env);
        for (let index = 0; index < asked.count; index += 1) {
          const result = await add(index, 1);
          if (result !== index + 1) throw new Error(`call ${index} gave ${JSON.stringify(result)}`);
        }
        return new Response(null);
      }
      case "modules": {
        const tenant = env.TENANT.getByName(asked.object);
        await Promise.all(asked.sets.map(({ digest, modules }) => tenant.putCodeModules(digest, modules)));
        return new Response(null);
      }
      case "connection":
        await env.TENANT.getByName(asked.object).putConnection(asked.connection);
        return new Response(null);
      default:
        return asked satisfies never;
    }
  },
};

/** How two numbers are added; what comes is compared with what should, so it may be anything. */
type Add = (a: number, b: number) => Promise<unknown>;

function adderOf(work: CallWork, env: Env): Add {
  switch (work.kind) {
    case "plugin":
      return pluginAdder(work, env);
    case "rpc":
      return async (a, b) => (await env.ADDER.add(a, b)).result;
    case "fetch":
      return async (a, b) => {
        const { url, headers } = work;
        const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ a, b }) });
        return resultIn(await response.json<Json>());
      };
    case "network fetch":
      return async (a, b) => {
        const { url, headers } = work;
        const response = await env.NETWORK.fetch(url, { method: "POST", headers, body: JSON.stringify({ a, b }) });
        return resultIn(await response.json<Json>());
      };
    case "called fetch":
      return async (a, b) => (await env.ADDER.addAt(work.url, work.headers, a, b)).result;
    case "mcp":
      return (a, b) => callTool(work.url, { a, b });
    case "isolate":
      return async (a, b) => {
        const name = work.names[a % work.names.length] ?? "";
        return resultIn(await isolate(env.LOADER, name, work.module).run({ a, b }));
      };
    default:
      return work satisfies never;
  }
}

async function callTool(url: string, args: Json): Promise<unknown> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
  };
  const params = { name: "add", arguments: args };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  // A server may answer as a stream of one event.
  const data = text.startsWith("{") ? text : (/^data: *(.+)$/m.exec(text)?.[1] ?? "null");
  const answer: { result?: { structuredContent?: Json } } | null = JSON.parse(data);
  return resultIn(answer?.result?.structuredContent ?? data);
}

function pluginAdder({ call, context, digests }: Extract<CallWork, { kind: "plugin" }>, env: Env): Add {
  const plugins = { toolbox: env.TOOLBOX_PLUGIN, http: env.HTTP_PLUGIN, code: env.CODE_PLUGIN };
  return async (a, b) => {
    const made: ActionCall = { ...call, input: { a, b }, deadline: Date.now() + call.timeoutMs };
    const digest = digests?.[a];
    if (digest !== undefined) made.action = { ...call.action, handler: { ...call.action.handler, digest } };
    const result = await callPlugin(plugins, made, context, (_message, error) => {
      throw error;
    });
    return result.ok ? resultIn(result.output) : result;
  };
}

/** `result` of an answer, or of the body in it. */
function resultIn(output: Json): unknown {
  if (!isObject(output)) return output;
  return isObject(output.body ?? null) ? resultIn(output.body ?? null) : output.result;
}

function isolate(loader: WorkerLoader, name: string, module: string): IsolateRpc {
  const stub = loader.get(name, () => ({
    compatibilityDate: "2026-07-01",
    mainModule: "main.js",
    modules: { "main.js": BARE, "module.js": module },
    env: {},
    globalOutbound: null,
  }));
  return stub.getEntrypoint() as unknown as IsolateRpc;
}
