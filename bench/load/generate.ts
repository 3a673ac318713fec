import { Pool } from "undici";
import { percentile } from "../measure/percentile.ts";
import type { LoadJob, LoadResult } from "./job.ts";
import { isRecord, type RunRecord } from "./record.ts";

/* The load generator: a process of its own, so that what it costs is nobody's. Its job is argv[2]; it prints what it saw. */

const EXECUTIONS = "/workflows/executions";
const WAIT_SECONDS = 30;
/** A record's times are cut to whole milliseconds: half of one is missing on average. */
const CUT_OFF_MS = 0.5;

class Client {
  readonly #pool: Pool;
  readonly #job: LoadJob;
  readonly #headers: Record<string, string>;

  constructor(job: LoadJob) {
    this.#job = job;
    this.#pool = new Pool(job.baseUrl, { connections: job.concurrency, pipelining: 1 });
    this.#headers = { "content-type": "application/json", authorization: `Bearer ${job.apiKey}` };
  }

  /** A sync run, to its final record. */
  async run(start: number): Promise<RunRecord> {
    return this.#finished(await this.#start(start, "sync"), start);
  }

  /** An async start; its id. */
  async start(start: number): Promise<string> {
    return (await this.#start(start, "async")).execution_id;
  }

  /** Long-polls until the run is over. */
  async wait(id: string, start: number): Promise<void> {
    for (;;) {
      const record = await this.#request("GET", `${EXECUTIONS}/${id}?wait=${WAIT_SECONDS}`);
      if (record.status !== "pending" && record.status !== "running") return void this.#finished(record, start);
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #start(start: number, execution_mode: "sync" | "async"): Promise<RunRecord> {
    const body = JSON.stringify({ workflow: this.#job.workflow, inputs: { start }, execution_mode });
    return this.#request("POST", EXECUTIONS, body);
  }

  async #request(method: "GET" | "POST", path: string, body?: string): Promise<RunRecord> {
    const answer = await this.#pool.request({ method, path, headers: this.#headers, body: body ?? null });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    const record: unknown = JSON.parse(text);
    if (!isRecord(record)) throw new Error(`not an execution's record: ${text}`);
    return record;
  }

  #finished(record: RunRecord, start: number): RunRecord {
    const value = record.result?.outputs.value;
    if (record.status !== "completed" || value !== start + this.#job.added) {
      throw new Error(`expected ${start + this.#job.added} from a completed run, got ${JSON.stringify(record)}`);
    }
    return record;
  }
}

/** Milliseconds since the epoch, with a fraction. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

async function generate(job: LoadJob): Promise<LoadResult> {
  const client = new Client(job);
  const times: number[] = [];
  const started: { id: string; start: number }[] = [];
  let begun = 0;
  const openedAt = performance.now();
  const closesAt = openedAt + job.seconds * 1000;
  const more = (): boolean => {
    if (begun >= (job.maxRuns ?? Number.POSITIVE_INFINITY)) return false;
    return begun < job.minRuns || performance.now() < closesAt;
  };
  const caller = async (): Promise<void> => {
    while (more()) {
      const start = begun++;
      const sentAt = wallClock();
      if (job.timed === "all runs") started.push({ id: await client.start(start), start });
      else {
        const record = await client.run(start);
        const firstStep = Date.parse(record.steps?.[0]?.finished_at ?? "");
        times.push((job.timed === "first step" ? firstStep + CUT_OFF_MS : wallClock()) - sentAt);
      }
      if (job.timed === "all runs") times.push(wallClock() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: job.concurrency }, caller));
  const waiter = async (): Promise<void> => {
    for (let run = started.pop(); run; run = started.pop()) await client.wait(run.id, run.start);
  };
  await Promise.all(Array.from({ length: job.concurrency }, waiter));
  const seconds = (performance.now() - openedAt) / 1000;
  await client.close();
  times.sort((a, b) => a - b);
  return {
    runs: begun,
    seconds,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
  };
}

function parseJob(text: string | undefined): LoadJob {
  if (text === undefined) throw new Error("usage: generate.ts JOB_JSON");
  return JSON.parse(text);
}

process.stdout.write(JSON.stringify(await generate(parseJob(process.argv[2]))));
