import type { Json } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { forgetVisits } from "./forget.ts";
import { type GraphState, isFree, newNode, type NodeState } from "./graph-state.ts";
import { idOf } from "./path.ts";
import type { Instance, RunState } from "./state.ts";
import type { EventHandlers } from "./event-handlers.ts";
import type { EngineEvent } from "./types.ts";

type GraphEvent = Extract<EngineEvent["type"], `message.${string}` | "node.idle">;

/** Events of a graph's mailboxes. */
export const GRAPH_EVENTS: EventHandlers<GraphEvent> = {
  "message.accepted": (state, event) => {
    acceptMessage(state, event);
    const node = event.tick && state.graph?.nodes.get(event.node);
    if (node && node.everyMs !== undefined) node.tickDue = event.at + node.everyMs;
  },
  "message.dropped": (state, event) => {
    if (event.reason === "oldest") state.graph?.nodes.get(event.node)?.mailbox.shift();
    if (event.from !== undefined) sendNothing(state, event.from);
  },
  "message.held": (state, event) => holdMessage(state, event.node, event.from),
  "node.idle": (state, event) => sendNothing(state, event.path),
};

/** The graph part of `apply`: nodes, mailboxes, visits. */
export function startGraph(plan: Plan, state: RunState): void {
  if (!plan.graph) return;
  const started = state.startedAt ?? state.at;
  const graph: GraphState = {
    shared: plan.graph.state,
    nodes: new Map(),
    messages: 0,
    handled: 0,
    visited: null,
    stopping: null,
  };
  for (const [id, step] of plan.graph.nodes) {
    const node = newNode();
    const { everyMs } = step.definition;
    if (plan.graph.longRunning && everyMs !== undefined) {
      node.everyMs = everyMs;
      node.tickDue = started + everyMs;
    }
    graph.nodes.set(id, node);
  }
  const { maxSeconds } = state.budget;
  if (plan.graph.longRunning && maxSeconds !== undefined) graph.budgetDue = started + maxSeconds * 1_000;
  state.graph = graph;
}

/** The node of a visit, or of anything inside it. */
export function nodeOf(state: RunState, { path }: Pick<Instance, "path">): NodeState | undefined {
  const dot = path.indexOf(".");
  return state.graph?.nodes.get(idOf(dot < 0 ? path : path.slice(0, dot)));
}

export function visitOpened(state: RunState, instance: Instance): void {
  const node = nodeOf(state, instance);
  if (!node) return;
  node.visits += 1;
  node.current = instance.path;
  const message = node.mailbox.shift();
  instance.message = message?.payload ?? null;
  if (state.graph) state.graph.visited = instance.step?.id ?? null;
  if (state.graph && !message?.tick) state.graph.handled += 1;
  if (node.visits > 1) state.revisited = true;
  node.remembered.push(instance.path);
  forgetVisits(state, node.remembered);
}

export function visitSettled(state: RunState, instance: Instance): void {
  const node = nodeOf(state, instance);
  if (!node) return;
  node.current = null;
  node.last = instance.path;
  node.unsent = true;
}

function acceptMessage(state: RunState, event: Extract<EngineEvent, { type: "message.accepted" }>): void {
  const { graph } = state;
  const node = graph?.nodes.get(event.node);
  if (!graph || !node) return;
  if (!event.tick) graph.messages += 1;
  if (event.id !== undefined) state.signalIds.add(event.id);
  const payload = event.from === undefined ? (event.payload ?? null) : sent(state, event.node, event.from);
  node.mailbox.push(event.tick ? { payload, tick: true } : { payload });
}

/** What the visit at `from` sends; the run itself sends its inputs. */
function sent(state: RunState, to: string, from: string): Json {
  if (from === "") return state.inputs;
  const sender = nodeOf(state, { path: from });
  const held = sender?.held.findIndex((message) => message.to === to) ?? -1;
  if (sender && held >= 0) {
    const [message] = sender.held.splice(held, 1);
    freed(sender, state.at);
    return message?.payload ?? null;
  }
  sendNothing(state, from);
  return state.instances.get(from)?.output ?? null;
}

function holdMessage(state: RunState, to: string, from: string): void {
  const payload = state.instances.get(from)?.output ?? null;
  nodeOf(state, { path: from })?.held.push({ to, payload });
  sendNothing(state, from);
}

/** Nothing of the visit at `path` is still to be sent. */
function sendNothing(state: RunState, path: string): void {
  const node = nodeOf(state, { path });
  if (!node) return;
  node.unsent = false;
  freed(node, state.at);
}

/** Beats that a node was busy at are gone: it runs by itself at the first that is not over. */
function freed(node: NodeState, at: number): void {
  const { tickDue, everyMs } = node;
  if (tickDue === undefined || everyMs === undefined || tickDue >= at || !isFree(node)) return;
  node.tickDue = tickDue + Math.ceil((at - tickDue) / everyMs) * everyMs;
}
