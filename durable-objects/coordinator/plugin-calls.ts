import type { CallContext, PluginRpc } from "../../contracts/rpc.ts";
import type { PinnedAction } from "../../engine/connector.ts";
import { outputRefusal } from "../../engine/run/payload-limit.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";

/** The plugin Workers, by the name that a pin carries. */
export interface Plugins {
  toolbox: PluginRpc;
  http: PluginRpc;
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
    const { plugin } = call.action;
    const result = await (plugin === "http" || plugin === "code"
      ? plugins[plugin].invoke(call, context)
      : plugins.toolbox.invoke({ ...call, action: withoutSchemas(call.action) }, context));
    const error = result.ok ? outputRefusal(result.output) : undefined;
    return error ? { ok: false, permanent: true, error, usage: result.usage } : result;
  } catch (error) {
    report(`the ${call.action.plugin} plugin failed in ${context.executionId} ${call.path}`, error);
    return {
      ok: false,
      outcomeUnknown: true,
      error: { code: "UNAVAILABLE", message: "The plugin Worker stopped before it answered" },
    };
  }
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
  const name = `${action.namespace}/${action.connector}.${action.action}`;
  if (target === "local" || target === "self_hosted") {
    const message = `${name} asks to run ${target}, and no ${target} worker is connected`;
    const suggestion = `connect a ${target} worker for this connector, or remove \`execution: ${target}\` from the step`;
    return {
      ok: false,
      permanent: true,
      error: { code: "UNAVAILABLE", message, details: { backend: target, suggestion } },
    };
  }
  if (action.plugin !== "none") return undefined;
  if (action.namespace === "smartify" && action.connector === "agent") return noModel();
  const kind = Object.keys(action.handler)[0] ?? "none";
  const message = `${name} has a ${kind} handler, which the cloud does not run`;
  const suggestion = "run the workflow in local or self_hosted mode, where the handler is registered";
  return {
    ok: false,
    permanent: true,
    error: { code: "UNAVAILABLE", message, details: { backend: kind, suggestion } },
  };
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
