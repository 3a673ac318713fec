import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import type { CallContext, PluginRpc } from "./rpc.ts";

/** The http plugin: of an action that it has already, a call brings the digest alone, which saves both sides the copying. */
export interface HttpPluginRpc extends PluginRpc {
  /** `ref`: the digest of the call's action, by which it is known here from then on, until this isolate ends or needs the room. */
  invoke(call: ActionCall, context: CallContext, ref?: string): Promise<ActionResult>;
  /** null: no action is known by this digest, and nothing was done. */
  invokeKnown(ref: string, call: Omit<ActionCall, "action">, context: CallContext): Promise<ActionResult | null>;
}
