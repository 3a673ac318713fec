import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import { readRecord, sleep } from "./follow-run.ts";
import type { SoakPlatform } from "./soak-platform.ts";
import type { KeyedCalls } from "./soak-service.ts";

/** What is known of one execution when it is over, from the platform and from the service. */
export interface Evidence {
  record: ExecutionRecord;
  /** Its log, as the stream of events gives it. */
  events: ExecutionEvent[];
  /** By idempotency key: what its steps have asked of the service. */
  calls: Map<string, KeyedCalls>;
  /** The executions that its steps have started, by path. */
  children: Map<string, Evidence>;
}

const TRIES = 20;

/** By execution, then by idempotency key: what came to the service. */
export function callsByExecution(byKey: ReadonlyMap<string, KeyedCalls>): Map<string, Map<string, KeyedCalls>> {
  const found = new Map<string, Map<string, KeyedCalls>>();
  for (const [key, calls] of byKey) {
    const own = found.get(calls.execution) ?? new Map<string, KeyedCalls>();
    found.set(calls.execution, own.set(key, calls));
  }
  return found;
}

/** Reads an execution that is over, and those that it has started. Throws when it cannot be read. */
export async function gatherEvidence(
  platform: SoakPlatform,
  executionId: string,
  calls: ReadonlyMap<string, Map<string, KeyedCalls>>,
): Promise<Evidence> {
  const record = await insist(() => readRecord(platform, executionId), executionId);
  // The stream of one that goes on would not end.
  if (!isTerminal(record.status))
    return { record, events: [], calls: calls.get(executionId) ?? new Map(), children: new Map() };
  const events = await insist(async () => {
    const answer = await platform.ask("GET", `/workflows/executions/${executionId}/events`);
    return answer?.status === 200 ? eventsOf(answer.text) : undefined;
  }, `the events of ${executionId}`);
  const children = new Map<string, Evidence>();
  for (const { path, execution_id: child } of record.steps)
    if (child !== undefined) children.set(path, await gatherEvidence(platform, child, calls));
  return { record, events, calls: calls.get(executionId) ?? new Map(), children };
}

/** The events of a stream of server-sent events. */
export function eventsOf(text: string): ExecutionEvent[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line): ExecutionEvent => JSON.parse(line.slice("data:".length)));
}

async function insist<T>(read: () => Promise<T | undefined>, what: string): Promise<T> {
  for (let left = TRIES; left > 0; left -= 1) {
    const value = await read();
    if (value !== undefined) return value;
    await sleep(250);
  }
  throw new Error(`${what} cannot be read`);
}
