import { childFailure } from "../steps/child-failure.ts";
import { advance } from "../steps/sequence.ts";
import type { PlanGraph } from "../plan/types.ts";
import { completeRun } from "./ending.ts";
import { type GraphState, isFree, type NodeState } from "./graph-state.ts";
import { shutdownPath, visitPath } from "./path.ts";
import { notNow, resumeRun, spendsMessages } from "./pausing.ts";
import { tallyOf } from "./state.ts";
import { expressionFailure } from "./expression-failure.ts";
import type { Turn } from "./turn.ts";
import type { RunCommand, StopReason } from "./types.ts";
import { secretRefusal } from "./waits.ts";

/** The first message of a graph (section 20) and the clocks of its nodes. */
export function startGraphRun(turn: Turn): void {
  const { plan, state } = turn;
  if (!plan.graph || !state.graph) return;
  const { longRunning, start, startNamed } = plan.graph;
  const given = Object.values(state.inputs).some((value) => value !== null);
  if (!longRunning || startNamed || given) turn.emit({ type: "message.accepted", node: start, from: "" });
  if (state.graph.budgetDue !== undefined) turn.setTimer("budget", state.graph.budgetDue);
  armTicks(turn, state.graph);
}

/** Sends what was given, opens what can be visited, and notices the end (section 5). */
export function progressGraph(turn: Turn): void {
  const { plan, state } = turn;
  if (!plan.graph || !state.graph) return;
  const { failure } = tallyOf(state.root, "nodes");
  if (failure !== undefined) return turn.fail(childFailure(state, failure));
  if (state.graph.stopping) return progressStopping(turn, plan.graph, state.graph);
  try {
    if (!plan.graph.longRunning) return progressStandard(turn, plan.graph, state.graph);
    progressActors(turn, plan.graph, state.graph);
  } catch (error) {
    turn.fail(expressionFailure(error));
  }
}

/** One node at a time: the first edge that holds is taken, and where none does the run is complete. */
function progressStandard(turn: Turn, plan: PlanGraph, graph: GraphState): void {
  for (const [id, node] of graph.nodes) {
    if (node.unsent && node.last !== null) {
      const scope = turn.scope(node.last);
      const edge = plan.edges.get(id)?.find(({ when }) => when === undefined || when.test(scope));
      if (!edge) return completeRun(turn);
      turn.emit({ type: "message.accepted", node: edge.to, from: node.last });
    }
  }
  for (const [id, node] of graph.nodes) {
    if (node.mailbox.length > 0 && node.current === null) return visit(turn, plan, id, node);
  }
}

function progressActors(turn: Turn, plan: PlanGraph, graph: GraphState): void {
  for (const [id, node] of graph.nodes) {
    if (node.unsent && turn.exhausted) return;
    if (node.unsent) send(turn, plan, graph, id, node);
  }
  if (plan.until?.test(turn.scope(""))) return stop(turn, "until", true);
  for (let moved = true; moved; ) {
    moved = deliverHeld(turn, plan, graph);
    for (const [id, node] of inLine(graph)) {
      if (node.mailbox.length === 0 || node.current !== null || node.unsent) continue;
      // What it has for itself goes when it takes its next message; for others it has to wait.
      if (node.held.some(({ to }) => to !== id)) continue;
      if (!turn.mayOpenIn(turn.state.root, "nodes")) return;
      visit(turn, plan, id, node);
      // What was opened may have settled at once, and then has something to send.
      if (node.unsent || turn.state.graph?.stopping) return turn.ready(turn.state.root);
      moved = moved || node.current !== null;
    }
  }
  if (plan.idle && graph.messages > 0 && [...graph.nodes.values()].every(isFree)) return stop(turn, "idle", true);
  armTicks(turn, graph);
}

/** The nodes, those behind the one that was visited last first: none is starved by another that is always ready. */
function inLine({ nodes, visited }: GraphState): [string, NodeState][] {
  const all = [...nodes];
  const last = all.findIndex(([id]) => id === visited);
  return [...all.slice(last + 1), ...all.slice(0, last + 1)];
}

function visit(turn: Turn, plan: PlanGraph, id: string, node: NodeState): void {
  const step = plan.nodes.get(id);
  if (!step || !turn.mayOpenIn(turn.state.root, "nodes") || spendsMessages(turn)) return;
  turn.open(step, visitPath(id, node.visits + 1), false);
  if (turn.running && node.current === null) turn.ready(turn.state.root);
}

/** A visit's output goes to the mailbox of every out-edge whose `when` holds. */
function send(turn: Turn, plan: PlanGraph, graph: GraphState, id: string, node: NodeState): void {
  const from = node.last;
  if (from === null) return;
  const scope = turn.scope(from);
  const targets = (plan.edges.get(id) ?? []).filter(({ when }) => when === undefined || when.test(scope));
  if (targets.length === 0) turn.emit({ type: "node.idle", path: from });
  for (const { to } of targets) {
    if (hasRoom(plan, graph, to)) turn.emit({ type: "message.accepted", node: to, from });
    else overflow(turn, plan, to, from);
  }
}

function overflow(turn: Turn, plan: PlanGraph, to: string, from: string): void {
  const rule = plan.mailboxes.get(to)?.overflow;
  if (rule === "reject") {
    turn.emit({ type: "message.dropped", node: to, reason: "rejected", from });
  } else if (rule === "drop_oldest") {
    turn.emit({ type: "message.dropped", node: to, reason: "oldest" });
    turn.emit({ type: "message.accepted", node: to, from });
  } else {
    turn.emit({ type: "message.held", node: to, from });
  }
}

function hasRoom(plan: PlanGraph, graph: GraphState, id: string): boolean {
  return (graph.nodes.get(id)?.mailbox.length ?? 0) < (plan.mailboxes.get(id)?.size ?? 0);
}

function deliverHeld(turn: Turn, plan: PlanGraph, graph: GraphState): boolean {
  let moved = false;
  for (const node of graph.nodes.values()) {
    for (const { to } of [...node.held]) {
      if (node.last === null || !hasRoom(plan, graph, to)) continue;
      turn.emit({ type: "message.accepted", node: to, from: node.last });
      moved = true;
    }
  }
  return moved;
}

/** A message from outside. */
export function receiveMessage(turn: Turn, command: Extract<RunCommand, { type: "message" }>): void {
  const { plan, state } = turn;
  const { node: id, payload } = command;
  if (command.id !== undefined && state.signalIds.has(command.id)) return;
  turn.refusal = secretRefusal(payload);
  if (turn.refusal) return;
  const { graph } = state;
  if (!plan.graph?.longRunning) {
    turn.refusal = { code: "CONFLICT", message: "Only a long_running graph takes messages" };
  } else if (!plan.graph.nodes.has(id)) {
    turn.refusal = { code: "NOT_FOUND", message: `There is no node "${id}"` };
  } else if (!graph || graph.stopping || state.ending) {
    turn.refusal = graph
      ? { code: "CONFLICT", message: "The execution is shutting down" }
      : notNow("take a message", state);
  } else {
    const rule = plan.graph.mailboxes.get(id);
    if (!hasRoom(plan.graph, graph, id)) {
      if (rule?.overflow !== "drop_oldest") {
        const message = `The mailbox of "${id}" is full: it holds ${rule?.size} messages`;
        turn.refusal = {
          code: "RATE_LIMITED",
          message,
          details: { limit: "mailbox", overflow: rule?.overflow ?? "block" },
        };
        return;
      }
      turn.emit({ type: "message.dropped", node: id, reason: "oldest" });
    }
    const { id: once, actor, act } = command;
    turn.emit({ type: "message.accepted", node: id, payload, ...(once === undefined ? {} : { id: once }), actor, act });
    if (turn.running) turn.ready(state.root);
  }
}

/** `every` of a node. */
export function nodeIsDue(turn: Turn, id: string): void {
  const { graph, ending } = turn.state;
  const node = graph?.nodes.get(id);
  if (!graph || !node || ending || graph.stopping || !turn.running || turn.notYet(`every:${id}`, node.tickDue)) return;
  // A busy node is asked again when it is free.
  if (!isFree(node)) return;
  turn.emit({ type: "message.accepted", node: id, tick: true });
  turn.ready(turn.state.root);
}

/** Nodes that are free run by themselves at their next beat. */
function armTicks(turn: Turn, { nodes }: GraphState): void {
  for (const [id, node] of nodes) {
    if (isFree(node) && node.tickDue !== undefined) turn.setTimer(`every:${id}`, node.tickDue);
  }
}

/** `budget.max_seconds` of a long-running graph is over: it shuts down as it should (section 20). */
export function spendTime(turn: Turn): void {
  const { graph, ending } = turn.state;
  if (!graph || graph.stopping || ending || !turn.running || turn.notYet("budget", graph.budgetDue)) return;
  stop(turn, "budget", true);
}

export function shutDown(turn: Turn, command: Extract<RunCommand, { type: "shutdown" }>): void {
  const { plan, state } = turn;
  const { graceful = true, deadlineMs, actor, act } = command;
  if (!plan.graph?.longRunning || !state.graph) {
    turn.refusal = plan.graph?.longRunning
      ? notNow("shut down", state)
      : { code: "CONFLICT", message: "Only a long_running graph is shut down; cancel the execution instead" };
    return;
  }
  if (state.ending) return;
  stop(turn, "shutdown", graceful, { deadlineMs, actor, act });
  // With the key, unless that stands in the event of the stop.
  if (state.status === "paused") resumeRun(turn, { actor, act: act && state.acts.has(act.key) ? undefined : act });
}

/** The deadline of a graceful shutdown. */
export function stopNow(turn: Turn): void {
  const stopping = turn.state.graph?.stopping;
  if (!stopping || turn.state.ending || !turn.running || turn.notYet("stop", stopping.deadline)) return;
  cancelVisits(turn);
  turn.ready(turn.state.root);
}

type Asked = Pick<Extract<RunCommand, { type: "shutdown" }>, "deadlineMs" | "actor" | "act">;

function stop(turn: Turn, reason: StopReason, graceful: boolean, { deadlineMs, actor, act }: Asked = {}): void {
  const { graph } = turn.state;
  if (!graph) return;
  if (!graph.stopping || (graph.stopping.graceful && !graceful)) {
    const deadline = deadlineMs === undefined ? undefined : turn.now + deadlineMs;
    turn.emit({ type: "workflow.stopping", reason: graph.stopping?.reason ?? reason, graceful, deadline, actor, act });
    if (deadline !== undefined) turn.setTimer("stop", deadline);
    if (!graceful) cancelVisits(turn);
  }
  turn.ready(turn.state.root);
}

function cancelVisits(turn: Turn): void {
  const { graph } = turn.state;
  for (const { current } of graph?.nodes.values() ?? []) {
    const instance = current === null ? undefined : turn.state.open.get(current);
    if (!instance) continue;
    turn.cancelBelow(instance.path);
    turn.cancelStep(instance);
  }
}

/** Visits in hand end; then every node's `on_shutdown` runs, one node after the other; then the outputs are evaluated. */
function progressStopping(turn: Turn, plan: PlanGraph, graph: GraphState): void {
  if ([...graph.nodes.values()].some(({ current }) => current !== null)) return;
  for (const [id, step] of plan.nodes) {
    const steps = step.blocks.on_shutdown;
    const path = shutdownPath(id);
    if (!steps || (turn.state.instances.get(path)?.finishedAt ?? undefined) !== undefined) continue;
    if (!turn.state.open.has(path)) turn.emit({ type: "step.started", path, attempt: 0 });
    const instance = turn.state.open.get(path);
    if (!instance) return;
    const outcome = advance(turn, instance, "on_shutdown", steps);
    if (outcome === "open") return;
    const { failure } = tallyOf(instance, "on_shutdown");
    if (failure === undefined) turn.emit({ type: "step.completed", path, output: null });
    else turn.emit({ type: "step.failed", path, error: childFailure(turn.state, failure) });
  }
  completeRun(turn);
}
