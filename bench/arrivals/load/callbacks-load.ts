import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { ApiClient } from "./api-client.ts";
import type { ArrivalJob, ArrivalLoad, ArrivalTimes } from "./job.ts";
import { timesOf } from "./times-of.ts";

const STEPS = 3;
const WARM_UP_SECONDS = 0.5;
const WARM_UP_RUNS = 50;
const PATIENCE_MS = 30_000;

/** S2: executions whose end is told to a receiver, which is this process. */
export class CallbacksLoad implements ArrivalLoad {
  readonly #job: Extract<ArrivalJob, { kind: "callbacks" }>;
  readonly #api: ApiClient;
  readonly #server = createServer((request, response) => {
    const at = performance.now();
    void this.#receive(request, at).then((status) => response.writeHead(status).end());
  });
  readonly #waiting = new Map<string, (at: number) => void>();
  readonly #wrong: string[] = [];
  #begun = 0;
  #times: number[] = [];

  constructor(job: Extract<ArrivalJob, { kind: "callbacks" }>) {
    this.#job = job;
    this.#api = new ApiClient(job, job.concurrency);
  }

  async prepare(): Promise<void> {
    this.#server.keepAliveTimeout = PATIENCE_MS;
    this.#server.listen(this.#job.receiver.port, "127.0.0.1");
    await once(this.#server, "listening");
    await this.#drive(WARM_UP_SECONDS, WARM_UP_RUNS);
    this.#times = [];
  }

  run(): Promise<void> {
    return this.#drive(this.#job.seconds, this.#job.minRuns);
  }

  async collect(): Promise<ArrivalTimes> {
    this.#server.closeAllConnections();
    this.#server.close();
    if (this.#wrong.length > 0) throw new Error(`${this.#wrong.length} wrong deliveries, as: ${this.#wrong[0]}`);
    return timesOf(this.#times, this.#times.length);
  }

  async #drive(seconds: number, minRuns: number): Promise<void> {
    const closesAt = performance.now() + seconds * 1_000;
    let left = minRuns;
    const caller = async (): Promise<void> => {
      while (left > 0 || performance.now() < closesAt) {
        left -= 1;
        this.#times.push(await this.#one(this.#begun++));
      }
    };
    await Promise.all(Array.from({ length: this.#job.concurrency }, caller));
  }

  /** From the start request to its delivery. */
  async #one(start: number): Promise<number> {
    const path = `/done/${start}`;
    const arrived = new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the end of run ${start} was not told`)), PATIENCE_MS);
      this.#waiting.set(path, (at) => {
        clearTimeout(late);
        resolve(at);
      });
    });
    const sentAt = performance.now();
    const callback_url = `${this.#job.receiver.origin}${path}`;
    const body = { workflow: "bench-three", inputs: { start }, execution_mode: "async", callback_url };
    const [at] = await Promise.all([arrived, this.#api.call("POST", "/workflows/executions", body)]);
    return at - sentAt;
  }

  async #receive(request: IncomingMessage, at: number): Promise<number> {
    const path = request.url ?? "";
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString("utf8");
    const found = this.#waiting.get(path);
    this.#waiting.delete(path);
    // Nothing is answered but success, so nothing may come twice.
    if (!found || !isEnd(text, Number(path.slice("/done/".length)) + STEPS)) this.#wrong.push(`${path} ${text}`);
    found?.(at);
    return 204;
  }
}

function isEnd(text: string, value: number): boolean {
  const body: { status?: unknown; result?: { outputs?: { value?: unknown } } } = JSON.parse(text);
  return body.status === "completed" && body.result?.outputs?.value === value;
}
