import { digestOf } from "../../contracts/canonical-json.ts";
import { lacksMethod } from "../../contracts/lacks-method.ts";
import type { HttpPluginRpc } from "../../contracts/http-plugin-rpc.ts";
import type { CallContext, PluginRpc } from "../../contracts/rpc.ts";
import type { PinnedAction } from "../../engine/connector.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";

/** The plugin Workers, by the name that a pin carries. */
export interface Plugins {
  toolbox: PluginRpc;
  http: HttpPluginRpc;
  code: PluginRpc;
}

/** Hands an attempt to the plugin Worker that can run it. Never rejects; a plugin's own fault goes to `report`. */
export async function callPlugin(
  plugins: Plugins,
  call: ActionCall,
  context: CallContext,
  report: (message: string, error: unknown) => void,
): Promise<ActionResult> {
  const unavailable = cannotRun(call);
  if (unavailable) return unavailable;
  try {
    globalThis.faultPoint?.("plugin.before");
    const given = await invokeIn(plugins, call, context);
    globalThis.faultPoint?.("plugin.answered");
    return given;
  } catch (error) {
    report(`the ${call.action.plugin} plugin failed in ${context.executionId} ${call.path}`, error);
    return {
      ok: false,
      outcomeUnknown: true,
      error: { code: "UNAVAILABLE", message: "The plugin Worker stopped before it answered" },
    };
  }
}

function invokeIn(plugins: Plugins, call: ActionCall, context: CallContext): Promise<ActionResult> {
  switch (call.action.plugin) {
    case "http":
      return invokeHttp(plugins.http, call, context);
    case "code":
      return plugins.code.invoke(call, context);
    default:
      return plugins.toolbox.invoke({ ...call, action: withoutSchemas(call.action) }, context);
  }
}

/** Digests of the actions that the http plugin has had from here, and may have forgotten. */
const given = new Set<string>();
const MOST_REMEMBERED = 1_000;

async function invokeHttp(http: HttpPluginRpc, call: ActionCall, context: CallContext): Promise<ActionResult> {
  // An isolate of its own knows nothing.
  if (context.isolated) return http.invoke(call, context);
  const { action, ...rest } = call;
  const ref = refOf(action);
  if (given.has(ref)) {
    try {
      const result = await http.invokeKnown(ref, rest, context);
      if (result !== null) return result;
    } catch (error) {
      // A plugin of the release before, after a rollback or while a deploy spreads, knows no action by its digest.
      if (!lacksMethod(error, "invokeKnown")) throw error;
    }
  }
  if (given.size >= MOST_REMEMBERED) given.clear();
  given.add(ref);
  return http.invoke(call, context, ref);
}

const refs = new WeakMap<PinnedAction, string>();

/** Over all of the pinned action: two releases may pin the same manifest differently. */
function refOf(action: PinnedAction): string {
  const known = refs.get(action);
  if (known !== undefined) return known;
  const ref = digestOf(action as unknown as JsonObject);
  refs.set(action, ref);
  return ref;
}

const slim = new WeakMap<PinnedAction, PinnedAction>();

/** The toolbox knows its own schemas by name: what it need not be sent is not copied for each call. */
function withoutSchemas(action: PinnedAction): PinnedAction {
  const known = slim.get(action);
  if (known) return known;
  const { input: _input, output: _output, retry: _retry, ...rest } = action;
  slim.set(action, rest);
  return rest;
}

function cannotRun({ action, target }: ActionCall): ActionResult | undefined {
  if (target === "local" || target === "self_hosted") {
    const message = `${nameOf(action)} asks to run ${target}, and no ${target} worker is connected`;
    const suggestion = `connect a ${target} worker for this connector, or remove \`execution: ${target}\` from the step`;
    return {
      ok: false,
      permanent: true,
      error: { code: "UNAVAILABLE", message, details: { backend: target, suggestion } },
    };
  }
  if (action.plugin !== "none") return undefined;
  if (action.namespace === "smartify" && action.connector === "agent") return noModel();
  const kind = typeof action.handler.kind === "string" ? action.handler.kind : "none";
  const message = `${nameOf(action)} has a ${kind} handler, which the cloud does not run`;
  const suggestion = "run the workflow in local or self_hosted mode, where the handler is registered";
  return {
    ok: false,
    permanent: true,
    error: { code: "UNAVAILABLE", message, details: { backend: kind, suggestion } },
  };
}

function nameOf({ namespace, connector, action }: PinnedAction): string {
  return `${namespace}/${connector}.${action}`;
}

function noModel(): ActionResult {
  const message = "The step asks an agent, and this deployment has no model configured";
  const suggestion = "call the model's service with an action step (connector http, or one of your own) instead";
  return {
    ok: false,
    permanent: true,
    error: { code: "UNAVAILABLE", message, details: { backend: "model", suggestion } },
  };
}
