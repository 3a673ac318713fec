import type { ExecutionRecord } from "../../contracts/execution.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import { isDone, isDue, requestOf } from "./acts.ts";
import type { SoakPlatform } from "./soak-platform.ts";
import type { SoakRun } from "./soak-run.ts";

/** An execution that was accepted, and what its follower was shown. */
export interface Followed {
  run: SoakRun;
  executionId: string;
  /** Path → output (JSON) of each completed step that a reader has seen. */
  shown: Map<string, string>;
  /** The highest `last_event_id` that a reader has seen. */
  events: number;
  /** What must not have happened meanwhile. */
  wrong: string[];
}

const PAUSE_MS = 120;
const RESTART_MS = 400;
const WAIT_S = 10;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Says nothing of what was asked: it is being started, or all ask at once when it is there again. */
const isLater = (status: number): boolean => status >= 500 || status === 429;

/** Starts an execution, again and again with one Idempotency-Key until the platform has accepted it. */
export async function startRun(platform: SoakPlatform, run: SoakRun): Promise<Followed> {
  const body = { workflow: run.workflow, inputs: run.inputs, execution_mode: run.mode };
  for (;;) {
    const answer = await platform.ask("POST", "/workflows/executions", body, {
      "idempotency-key": `soak-${run.number}`,
    });
    if (answer && answer.status < 300) {
      const { execution_id: executionId }: ExecutionRecord = JSON.parse(answer.text);
      return { run, executionId, shown: new Map(), events: 0, wrong: [] };
    }
    // 409 with Retry-After: the first request under this key is still being answered.
    if (answer && !isLater(answer.status) && answer.status !== 409)
      throw new Error(`a start was refused: ${answer.status} ${answer.text}`);
    // Gently: while the platform comes back, every start fails and is logged.
    await sleep(RESTART_MS);
  }
}

/** The record of an execution as the platform gives it; undefined when nobody answered. */
export async function readRecord(
  platform: SoakPlatform,
  executionId: string,
  waitS?: number,
): Promise<ExecutionRecord | undefined> {
  const answer = await platform.ask("GET", `/workflows/executions/${executionId}${waitS ? `?wait=${waitS}` : ""}`);
  if (answer === undefined || isLater(answer.status)) return undefined;
  if (answer.status !== 200)
    throw new Error(`${executionId} was answered ${answer.status} ${answer.text.slice(0, 300)}`);
  return JSON.parse(answer.text);
}

/** Does to an execution what its run says, and reads it until it is over or `mayStop` says so. */
export async function followRun(platform: SoakPlatform, followed: Followed, mayStop: () => boolean): Promise<void> {
  const acts = [...followed.run.acts];
  while (!mayStop()) {
    const record = await readRecord(platform, followed.executionId, acts.length === 0 ? WAIT_S : undefined);
    if (record) remember(followed, record);
    const [act] = acts;
    if (record && act && isDone(act, record) && !isDue(act, record)) acts.shift();
    else if (record && act && isDue(act, record)) {
      const { path, body } = requestOf(act, followed.executionId);
      const answer = await platform.ask("POST", path, body);
      if (answer && answer.status < 300) acts.shift();
      else if (answer && !isLater(answer.status) && !(await wasDone(platform, followed, act)))
        followed.wrong.push(`${act.kind} was refused: ${answer.status} ${answer.text.slice(0, 200)}`);
      if (followed.wrong.length > 0) return;
    } else if (record && isTerminal(record.status)) return;
    if (acts.length > 0) await sleep(PAUSE_MS);
  }
}

/** A request that was cut off may have been heard: then the next one is refused, and nothing is wrong. */
async function wasDone(
  platform: SoakPlatform,
  { executionId }: Followed,
  act: Parameters<typeof isDone>[0],
): Promise<boolean> {
  const record = await readRecord(platform, executionId);
  return record === undefined || isDone(act, record);
}

/** What a reader was shown must stand for ever: nothing of it may be taken back by a kill. */
function remember(followed: Followed, { steps, last_event_id: events, execution_id: id }: ExecutionRecord): void {
  if (id !== followed.executionId) followed.wrong.push(`${id} was answered for ${followed.executionId}`);
  if (events < followed.events)
    followed.wrong.push(`event ${followed.events} was shown and taken back: ${events} are left`);
  followed.events = Math.max(events, followed.events);
  for (const { path, status, output } of steps) {
    if (status !== "completed") continue;
    const text = JSON.stringify(output);
    const before = followed.shown.get(path);
    if (before !== undefined && before !== text)
      followed.wrong.push(`${path} was shown as ${before}, and then as ${text}`);
    followed.shown.set(path, text);
  }
}
