import { Pool } from "undici";
import type { LoadJob } from "./job.ts";
import { isRecord, type RunRecord } from "./record.ts";

type ClientJob = Pick<LoadJob, "baseUrl" | "apiKey" | "workflow" | "added" | "concurrency">;

const EXECUTIONS = "/workflows/executions";
const WAIT_SECONDS = 30;
/** Makes runs and checks what comes of them. */
export class RunClient {
  readonly #pool: Pool;
  readonly #job: ClientJob;
  readonly #headers: Record<string, string>;

  constructor(job: ClientJob) {
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
