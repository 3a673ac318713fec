import { executionRecord } from "../../contracts/execution-record.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { MemoryExecution } from "../../engine/driver/memory-host.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import { commandOf, isDone, isDue } from "./acts.ts";
import { AnswerBook } from "./answer-book.ts";
import type { Evidence } from "./evidence.ts";
import type { SoakRun } from "./soak-run.ts";

/** What an execution should have come to. */
export interface Expected {
  record: ExecutionRecord;
  events: StampedEvent[];
  /** Idempotency key → the highest attempt that was made. */
  calls: Map<string, number>;
  /** By the path of the step that started it. */
  children: Map<string, Expected>;
  /** What could not be answered as the platform's run was. */
  missing: string[];
}

/** More turns than any workflow of the soak takes. */
const MOST_TURNS = 10_000;

/** Plays a run on the engine's memory host, in virtual time, with the answers that the service gave and the same acts. */
export async function expectRun(
  source: PlanSource,
  run: SoakRun,
  evidence: Evidence,
  { actor, kills }: { actor: string; kills: readonly number[] },
): Promise<Expected> {
  const clock = new VirtualClock(Date.parse(evidence.record.created_at));
  const plan = compilePlan(source);
  const identity = { executionId: evidence.record.execution_id, runAttempt: 1 };
  const book = new AnswerBook(evidence, kills);
  const children: { execution: MemoryExecution; path: string; slug: string }[] = [];
  const start = { inputs: run.inputs, actor, principal: { roles: ["admin"], permissions: [] } };
  const execution = new MemoryExecution({
    plan,
    identity,
    clock,
    ...start,
    onChild: (child, call) => {
      children.push({ execution: child, path: call.path, slug: call.workflow ?? "" });
      book.adopt(child.state.identity.executionId, call.path);
    },
    callAction: (call) => book.answer(call),
  });
  const head = { executionId: identity.executionId, mode: run.mode, createdAt: clock.now() };
  const record = (): ExecutionRecord => executionRecord(plan, execution.state, head, clock.now());
  execution.done.catch(() => undefined);
  execution.deliver({ type: "start", ...start });
  const acts = [...run.acts];
  for (let turns = 0; ; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    const [act] = acts;
    if (act && isDue(act, record())) {
      const refused = execution.deliver(commandOf(act, actor));
      if (refused) book.missing.push(`the memory host refused ${act.kind}: ${refused.message}`);
      acts.shift();
    } else if (act && isDone(act, record())) acts.shift();
    else if (isTerminal(execution.state.status)) break;
    else if (turns > MOST_TURNS || !clock.fireNext()) {
      book.missing.push(`the memory host came to a stop as ${execution.state.status}`);
      break;
    }
  }
  return {
    record: record(),
    events: execution.events,
    calls: book.calls(identity.executionId),
    children: new Map(children.map((child) => [child.path, expectedChild(source, child, book, run)])),
    missing: book.missing,
  };
}

function expectedChild(
  source: PlanSource,
  { execution, path, slug }: { execution: MemoryExecution; path: string; slug: string },
  book: AnswerBook,
  { mode }: SoakRun,
): Expected {
  const own = source.workflows?.[slug];
  if (own === undefined || own === "self") throw new Error(`the soak's steps start workflows of their own: ${slug}`);
  const { state, events } = execution;
  const head = { executionId: state.identity.executionId, mode, createdAt: state.startedAt ?? 0 };
  return {
    record: executionRecord(compilePlan(own), state, head, state.finishedAt ?? 0),
    events,
    calls: book.calls(book.adopted(path)),
    children: new Map(),
    missing: [],
  };
}
