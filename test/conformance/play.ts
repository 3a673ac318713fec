import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { Json } from "../../engine/json.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { Happening } from "./happenings.ts";
import { callLine } from "./observe.ts";
import type { Script } from "./script.ts";

/** A run in progress, as a case meddles with it. */
export interface Stage {
  /** Epoch ms, real or virtual. */
  now(): number;
  /** So long may it take until a status is there; 10 s, where nothing is said, which is far beyond what any case needs. */
  patienceMs?: number;
  wait(ms: number): Promise<unknown>;
  record(): ExecutionRecord | Promise<ExecutionRecord>;
  /** The code of the refusal, undefined when it was done. */
  act(command: RunCommand): Promise<string | undefined>;
  /** What a service says of an attempt; CONFLICT when nobody waits for it any more. */
  tell(task: NonNullable<Happening["task"]>): Promise<string | undefined>;
}

/** What the happenings of a run brought to light. */
export interface Witnessed {
  /** Codes of the refused acts, in order. */
  refusals: string[];
  /** The record at each look, in order. */
  seen: ExecutionRecord[];
}

const LOOK_EVERY_MS = 5;
const PATIENCE_MS = 10_000;

/** Plays `happenings` one after the other: each at its time, and not before the statuses and the call that it waits for are there. */
export async function play(happenings: readonly Happening[], stage: Stage, script: Script): Promise<Witnessed> {
  const start = stage.now();
  const witnessed: Witnessed = { refusals: [], seen: [] };
  for (const { afterMs, when, asked, answer, command, task } of happenings) {
    const early = start + afterMs - stage.now();
    if (early > 0) await stage.wait(early);
    await statuses(when, stage);
    if (asked !== undefined) await called(asked, stage, script);
    if (answer !== undefined) script.letGo(answer);
    else if (!command && !task) witnessed.seen.push(structuredClone(await stage.record()));
    const refusal = command ? await stage.act(command) : task && (await stage.tell(task));
    if (refusal !== undefined) witnessed.refusals.push(refusal);
  }
  return witnessed;
}

async function statuses(when: Happening["when"], stage: Stage): Promise<void> {
  const until = stage.now() + (stage.patienceMs ?? PATIENCE_MS);
  for (;;) {
    const record = await stage.record();
    const missing = Object.entries(when).filter(([path, status]) => statusOf(record, path) !== status);
    if (missing.length === 0) return;
    if (isTerminal(record.status) || stage.now() > until)
      throw new Error(
        `${JSON.stringify(missing)} never came: the run is ${record.status}, ${JSON.stringify(record.error)}`,
      );
    await stage.wait(LOOK_EVERY_MS);
  }
}

async function called(line: string, stage: Stage, script: Script): Promise<void> {
  const until = stage.now() + (stage.patienceMs ?? PATIENCE_MS);
  while (!script.calls.some((call) => callLine(call) === line)) {
    if (stage.now() > until) throw new Error(`${line} was never called`);
    // Who was put out of memory comes back when it is asked.
    await stage.record();
    await stage.wait(LOOK_EVERY_MS);
  }
}

function statusOf(record: ExecutionRecord, path: string): Json | undefined {
  if (path === "waiting_for") return record.waiting_for?.kind;
  return path === "workflow" ? record.status : record.steps.find((step) => step.path === path)?.status;
}
