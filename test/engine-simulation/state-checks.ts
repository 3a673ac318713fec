import type { Plan } from "../../engine/plan/types.ts";
import { timerEffects } from "../../engine/run/effects.ts";
import type { Instance, RunState } from "../../engine/run/state.ts";
import { must } from "./violation.ts";

/** What the host has in hand for a run. */
export interface InHand {
  /** The host's time, epoch ms. */
  now: number;
  timers: ReadonlyMap<string, number>;
  calls: ReadonlyMap<string, { attempt: number }>;
  awaited: ReadonlySet<string>;
}

/** Holds after every transition: counters, and that nothing is open inside what is over. */
export function checkCounts(state: RunState, steps: number): void {
  let busy = 0;
  let waiting = state.root.wait ? 1 : 0;
  for (const instance of state.open.values()) {
    if (instance.status === "waiting") waiting += 1;
    if (instance.status === "retrying" || calls(instance)) busy += 1;
    const { path, parent } = instance;
    must(state.instances.get(path) === instance, () => `${path} is open and not remembered`);
    if (parent === null || parent === "") continue;
    const undoing = state.undoing === parent && state.ending !== null;
    must(state.open.has(parent) || undoing, () => `${path} is open in ${parent}, which is not`);
  }
  must(state.busy === busy, () => `busy is ${state.busy} and should be ${busy}`);
  must(state.waiting === waiting, () => `waiting is ${state.waiting} and should be ${waiting}`);
  must(state.steps === steps, () => `steps is ${state.steps} and should be ${steps}`);
}

/** Holds whenever the run rests: the host has exactly what the state asks for, and something will move every open step. */
export function checkRest(plan: Plan, state: RunState, hand: InHand): void {
  const { timers, awaited } = hand;
  for (const effect of timerEffects(state)) {
    if (effect.type !== "setTimer") continue;
    const { name, due } = effect;
    // The deadline of a shutdown stays in the state when it is over.
    if (name === "stop" && due <= hand.now) continue;
    must(timers.get(name) === due, () => `the timer ${name} is set to ${timers.get(name)} instead of ${due}`);
  }
  for (const name of timers.keys()) {
    const step = /^(?:retry|limit|wait):(.+)$/.exec(name)?.[1];
    must(step === undefined || state.open.has(step), () => `the timer ${name} is left behind`);
  }
  for (const path of awaited) must(state.open.has(path), () => `nobody waits at ${path} any more`);
  const parents = new Set([...state.open.values()].map(({ parent }) => parent));
  const active = state.status === "running" || state.status === "waiting";
  if (active) for (const instance of state.open.values()) checkMoves(instance, parents, hand);
  for (const [path, { attempt }] of hand.calls) {
    const instance = state.open.get(path);
    must(
      instance !== undefined && calls(instance) && instance.attempt === attempt,
      () => `${path} is called for nothing`,
    );
  }
  if (!active) return;
  must(
    state.deadline === null || state.ending !== null || timers.has("workflow"),
    () => "nothing ends the run in time",
  );
  checkRootMoves(plan, state);
}

function calls({ status, role, attempt, step }: Instance): boolean {
  return status === "running" && role === "step" && attempt > 0 && step?.action !== undefined;
}

function checkMoves(instance: Instance, parents: ReadonlySet<string | null>, hand: InHand): void {
  const { path, status, wait, due } = instance;
  const timer = (kind: string): void => {
    must(hand.timers.has(`${kind}:${path}`), () => `${path} is ${status} and its timer ${kind} is not set`);
  };
  if (due !== undefined) timer("limit");
  if (status === "retrying") return timer("retry");
  if (instance.task) {
    must(!hand.calls.has(path), () => `${path} is called while its service is at it`);
    return timer("task");
  }
  if (calls(instance)) return must(hand.calls.has(path), () => `${path} runs and nobody calls it`);
  if (status === "running") return must(parents.has(path), () => `${path} is open and nothing moves it`);
  must(status === "waiting" && wait !== undefined, () => `${path} is ${status}, open, and waits for nothing`);
  if (wait.due !== undefined) timer("wait");
  if (wait.kind === "event" && wait.key !== undefined)
    must(hand.awaited.has(path), () => `${path} waits for a key that nobody was told of`);
}

/** The run itself: something is open, or it can only wait for somebody outside. */
function checkRootMoves(plan: Plan, state: RunState): void {
  const { graph, open, root, ending } = state;
  if (root.wait) return;
  must(ending === null || open.size > 0, () => "the run is lost and nothing is being undone");
  if (graph === null || ending) return must(open.size > 0, () => "nothing is open and the run goes on");
  must(graph.stopping === null || open.size > 0, () => "the graph is stopping and nothing is open");
  must(plan.graph?.longRunning === true || open.size > 0, () => "no node is visited and the graph goes on");
  for (const [id, node] of graph.nodes) {
    must(!node.unsent || graph.stopping !== null, () => `the output of ${id} was not sent`);
    if (graph.stopping !== null) continue;
    const free = node.current === null && node.held.every(({ to }) => to === id);
    must(!free || node.mailbox.length === 0, () => `${id} has mail and is not visited`);
    for (const { to } of node.held) {
      const room = (graph.nodes.get(to)?.mailbox.length ?? 0) < (plan.graph?.mailboxes.get(to)?.size ?? 0);
      must(!room, () => `${id} holds a message for ${to}, which has room`);
    }
  }
}
