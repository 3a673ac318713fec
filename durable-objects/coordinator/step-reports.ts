import type { StepReport } from "../../contracts/rpc.ts";
import type { EngineInput } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";

interface StepReportsDeps {
  timers: TimerQueue;
  now(): number;
  /** True while this attempt of the step is in flight. */
  isCurrent(executionId: string, path: string, attempt: number): boolean;
  deliver(executionId: string, input: EngineInput): void;
}

/** How long reports of an execution gather: what came within is one commit. */
const TICK_MS = 10;
/** A step's progress is recorded no more often; the newest counts. */
const PROGRESS_EVERY_MS = 100;
/** Lines of one execution and tick. */
const MOST_LINES = 100;

interface Gathered {
  logs: Extract<EngineInput, { type: "log" }>[];
  leftOut: number;
  progress: Map<string, Extract<EngineInput, { type: "progress" }>>;
  /** When a step's progress was recorded last, by path. */
  saidAt: Map<string, number>;
  takeBack: (() => void) | undefined;
}

/**
 * What steps say while they run. Progress and log lines are gathered for a tick and recorded together; of several reports on
 * one step's progress the newest counts. All that an attempt said comes before its result.
 */
export class StepReports {
  readonly #deps: StepReportsDeps;
  readonly #executions = new Map<string, Gathered>();

  constructor(deps: StepReportsDeps) {
    this.#deps = deps;
  }

  /** False when the attempt is not in flight any more: nothing is recorded. */
  take(executionId: string, path: string, attempt: number, report: StepReport): boolean {
    if (!this.#deps.isCurrent(executionId, path, attempt)) return false;
    const gathered = this.#of(executionId);
    if (report.kind === "progress") {
      const { percent, message } = report;
      gathered.progress.set(path, { type: "progress", path, attempt, percent, message });
    } else if (gathered.logs.length < MOST_LINES) {
      const { level, message, context } = report;
      gathered.logs.push({ type: "log", path, attempt, level, message, context });
    } else {
      gathered.leftOut += 1;
    }
    this.#schedule(executionId, gathered, this.#deps.now() + TICK_MS);
    return true;
  }

  /** The step's result is about to be recorded: what it said comes first. */
  settle(executionId: string, path: string): void {
    const gathered = this.#executions.get(executionId);
    if (!gathered) return;
    this.#record(executionId, gathered, (of) => of === path);
    gathered.saidAt.delete(path);
    if (gathered.progress.size > 0 || gathered.saidAt.size > 0) return;
    gathered.takeBack?.();
    this.#executions.delete(executionId);
  }

  #of(executionId: string): Gathered {
    const known = this.#executions.get(executionId);
    if (known) return known;
    const gathered: Gathered = {
      logs: [],
      leftOut: 0,
      progress: new Map(),
      saidAt: new Map(),
      takeBack: undefined,
    };
    this.#executions.set(executionId, gathered);
    return gathered;
  }

  #schedule(executionId: string, gathered: Gathered, due: number): void {
    gathered.takeBack ??= this.#deps.timers.at(due, () => {
      gathered.takeBack = undefined;
      this.#tick(executionId, gathered);
    });
  }

  #tick(executionId: string, gathered: Gathered): void {
    const now = this.#deps.now();
    const dueAt = (path: string): number => (gathered.saidAt.get(path) ?? 0) + PROGRESS_EVERY_MS;
    this.#record(executionId, gathered, (path) => dueAt(path) <= now);
    if (gathered.progress.size === 0) return;
    this.#schedule(executionId, gathered, Math.min(...[...gathered.progress.keys()].map(dueAt)));
  }

  /** Records all lines, and the progress of those steps. */
  #record(executionId: string, gathered: Gathered, which: (path: string) => boolean): void {
    const { logs, leftOut } = gathered;
    gathered.logs = [];
    gathered.leftOut = 0;
    for (const line of logs) this.#deps.deliver(executionId, line);
    if (leftOut > 0) {
      const message = `${leftOut} lines are left out: a step may say ${MOST_LINES} at a time`;
      this.#deps.deliver(executionId, { type: "log", level: "warn", message });
    }
    for (const [path, progress] of gathered.progress) {
      if (!which(path)) continue;
      gathered.progress.delete(path);
      gathered.saidAt.set(path, this.#deps.now());
      this.#deps.deliver(executionId, progress);
    }
  }
}
