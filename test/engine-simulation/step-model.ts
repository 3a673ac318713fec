import type { Plan, PlanStep } from "../../engine/plan/types.ts";
import { addressOf, enclosing, isShutdown, loopDepth } from "../../engine/run/path.ts";
import type { EngineEvent, StampedEvent } from "../../engine/run/types.ts";
import { must } from "./violation.ts";

/** Events that say which step they are about. */
export type StepEvent = StampedEvent & { path: string };

/** What became of one path, as the events alone tell it. */
interface Seen {
  step: PlanStep;
  role: "step" | "loop" | "iteration" | "shutdown";
  parent: string;
  settled?: string;
  attempt: number;
  startedAsContainer: boolean;
  items?: number;
  due?: number;
  /** Children and iterations by how many were opened and settled. */
  opened: number;
  closed: number;
  entered: Set<string>;
  /** The block of which a step failed for good. */
  lost?: string;
  approved: boolean;
  gated: boolean;
  tries: number;
}

const SETTLES: ReadonlyMap<EngineEvent["type"], string> = new Map([
  ["step.completed", "completed"],
  ["step.failed", "failed"],
  ["step.skipped", "skipped"],
  ["step.canceled", "canceled"],
]);
const OPENS: ReadonlySet<EngineEvent["type"]> = new Set([
  "step.started",
  "step.waiting",
  "step.failed",
  "step.skipped",
  "iteration.started",
]);
const AFTERWARDS: ReadonlySet<EngineEvent["type"]> = new Set([
  "step.compensating",
  "step.compensated",
  "log",
  "signal.received",
  "node.idle",
]);

/** Follows the steps of a run by its events, with nothing of the engine's own counting. */
export class StepModel {
  readonly seen = new Map<string, Seen>();
  readonly #plan: Plan;
  /** Steps that were opened, loops and passes not among them. */
  steps = 0;
  readonly kinds = new Set<string>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Answers what this event opened: a step that counts, something else, or nothing. */
  observe(event: StepEvent): "step" | "other" | undefined {
    const { path, type } = event;
    if (path === "" || AFTERWARDS.has(type)) return undefined;
    const known = this.seen.get(path);
    must(known !== undefined || OPENS.has(type), () => `${type} of ${path}, which was never opened`);
    const seen = known ?? this.#open(path, type);
    must(seen.settled === undefined, () => `${type} of ${path}, which is ${seen.settled} already`);
    this.#follow(seen, event);
    const settled = SETTLES.get(type);
    if (settled !== undefined) this.#settle(seen, event, settled);
    if (known !== undefined) return undefined;
    return this.#counts(seen) ? "step" : "other";
  }

  #open(path: string, type: string): Seen {
    const step = this.#plan.byAddress.get(addressOf(path));
    must(step !== undefined, () => `the plan has no ${path}`);
    const { parent } = enclosing(path);
    const own = step.forEach === undefined ? 0 : 1;
    const depth = loopDepth(path);
    const role = isShutdown(path) ? "shutdown" : depth < own ? "loop" : depth === own ? "step" : "iteration";
    const seen: Seen = {
      step,
      role,
      parent,
      attempt: 0,
      startedAsContainer: false,
      opened: 0,
      closed: 0,
      entered: new Set(),
      approved: false,
      gated: step.definition.authorization?.approval !== undefined && role === (own === 1 ? "loop" : "step"),
      tries: 1,
    };
    this.#mayOpen(path, seen, type);
    this.seen.set(path, seen);
    if (this.#counts(seen)) this.steps += 1;
    this.kinds.add(step.kind);
    if (step.forEach !== undefined) this.kinds.add("for_each");
    return seen;
  }

  /** A visit counts even when its loop has nothing to do. */
  #counts({ role, parent }: Seen): boolean {
    return role === "step" || (this.#plan.graph !== undefined && parent === "" && role === "loop");
  }

  /** The container is open and has room, and whatever stands before it in its sequence is over. */
  #mayOpen(path: string, seen: Seen, type: string): void {
    const { parent, step } = seen;
    const around = parent === "" ? undefined : this.seen.get(parent);
    must(parent === "" || around !== undefined, () => `${path} opens outside of anything`);
    if (around === undefined) return;
    const undoing = step.block === "compensate";
    must(around.settled === undefined || undoing, () => `${path} opens in ${parent}, which is ${around.settled}`);
    const iteration = path.endsWith("]");
    if (iteration) {
      around.opened += 1;
      const width = around.role === "loop" ? step.maxConcurrency : Math.min(step.definition.maxConcurrency ?? 100, 100);
      must(around.opened - around.closed <= width, () => `${path} (${type}) is one more than the width ${width}`);
      must(around.opened <= (around.items ?? 0), () => `${path} has no item`);
      return;
    }
    if (step.block === "parallel") return;
    const siblings = around.step.blocks[step.block] ?? [];
    const before = siblings[siblings.indexOf(step) - 1];
    if (before === undefined) return;
    const beside = `${path.slice(0, path.lastIndexOf(".") + 1)}${before.id}`;
    must(this.seen.get(beside)?.settled !== undefined, () => `${path} opens before ${beside} has settled`);
  }

  #follow(seen: Seen, event: StepEvent): void {
    const { path } = event;
    if (event.type === "step.started") {
      must(!seen.gated || seen.approved, () => `${path} starts without its approval`);
      if (event.due !== undefined) seen.due = event.due;
      if (event.items !== undefined) seen.items = event.items.length;
      if (event.attempt === 0) seen.startedAsContainer = true;
      else {
        must(event.attempt === seen.attempt + 1, () => `${path} goes from attempt ${seen.attempt} to ${event.attempt}`);
        must(event.attempt <= seen.step.retry.maxAttempts, () => `${path} is tried more often than its policy says`);
        seen.attempt = event.attempt;
      }
    } else if (event.type === "block.entered") {
      seen.entered.add(event.block);
      delete seen.lost;
      if (event.block === "steps") {
        must(event.pass === seen.tries + 1, () => `${path} goes from try ${seen.tries} to ${event.pass}`);
        must(event.pass <= seen.step.retry.maxAttempts, () => `${path} has more tries than its policy says`);
        seen.tries = event.pass;
        seen.entered.clear();
      }
    } else if (event.type === "step.waiting") {
      must(!seen.gated || seen.approved || event.wait.kind === "approval", () => `${path} waits without its approval`);
      seen.gated = event.wait.kind === "approval";
      seen.approved = false;
      if (event.due !== undefined) seen.due = event.due;
    } else if (event.type === "approval.decided") {
      seen.approved = event.decision === "approve";
    }
  }

  #settle(seen: Seen, event: StepEvent, status: string): void {
    seen.settled = status;
    const { path, type } = event;
    const around = seen.parent === "" ? undefined : this.seen.get(seen.parent);
    if (around && path.endsWith("]")) around.closed += 1;
    else if (around && status === "failed" && !seen.step.continueOnError) around.lost = seen.step.block;
    if (type === "step.skipped") must(!("usage" in event), () => `${path} was skipped and metered`);
    const { step, role } = seen;
    if (status === "completed" && (role === "loop" || step.kind === "forEach") && seen.items !== undefined) {
      must(seen.closed === seen.items, () => `${path} is complete after ${seen.closed} of ${seen.items} iterations`);
    }
    if (step.kind === "try" && role === "step" && seen.startedAsContainer) this.#settleTry(seen, event, status);
    if (status === "completed" && step.kind === "approval" && role === "step")
      must(seen.approved, () => `${path} is complete and nobody approved`);
  }

  #settleTry(seen: Seen, event: StepEvent, status: string): void {
    const { step, entered, due } = seen;
    const late = due !== undefined && event.at >= due;
    if (status === "canceled" || (status === "failed" && late)) return;
    must(!step.blocks.finally || entered.has("finally"), () => `${event.path} settles without its finally`);
    must(seen.lost !== "steps" || !step.blocks.catch, () => `${event.path} settles without its catch`);
  }
}
