import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "./api-client.ts";
import type { ArrivalJob, ArrivalLoad, ArrivalTimes } from "./job.ts";
import { timesOf } from "./times-of.ts";

/** Schedules that are made at once. */
const WIDTH = 8;
/** For making a thousand schedules, on a slow machine. */
const LEAD_MS = 45_000;
/** The floor's schedule is one request. */
const FLOOR_LEAD_MS = 5_000;
/** So long before the due time the counters are read. */
const READ_MS = 3_000;
/** So long after it, what was due has begun, and the end of its CPU is the end of the work. */
const BEGUN_MS = 5_000;
const PATIENCE_MS = 60_000;
const MINUTE_MS = 60_000;
const SLUG = "bench-one";

/** S3: schedules that are due in the same minute, each of a workflow of one step. */
export class SchedulesLoad implements ArrivalLoad {
  readonly #job: Extract<ArrivalJob, { kind: "schedules" }>;
  readonly #api: ApiClient;
  #due = 0;
  #triggers: string[] = [];

  constructor(job: Extract<ArrivalJob, { kind: "schedules" }>) {
    this.#job = job;
    this.#api = new ApiClient(job, WIDTH);
  }

  async prepare(): Promise<void> {
    if (this.#job.target === "floor") {
      this.#due = Date.now() + FLOOR_LEAD_MS;
      await this.#api.call("POST", "/schedules", { due: this.#due, count: this.#job.count });
    } else {
      this.#due = Math.ceil((Date.now() + LEAD_MS) / MINUTE_MS) * MINUTE_MS;
      await this.#makeTriggers();
    }
    const left = this.#due - READ_MS - Date.now();
    if (left < 0) throw new Error(`making ${this.#job.count} schedules took ${-left} ms too long`);
    await sleep(left);
  }

  async run(): Promise<void> {
    await sleep(this.#due + BEGUN_MS - Date.now());
  }

  /** Lateness of every execution; there is exactly one for each schedule. */
  async collect(): Promise<ArrivalTimes> {
    const created = this.#job.target === "floor" ? await this.#createdOnFloor() : await this.#createdOnPlatform();
    const { count } = this.#job;
    if (created.length !== count) throw new Error(`${count} schedules made ${created.length} executions`);
    for (const id of this.#triggers) await this.#api.call("DELETE", `/triggers/${id}`);
    return timesOf(
      created.map((at) => at - this.#due),
      count,
    );
  }

  async #makeTriggers(): Promise<void> {
    const at = new Date(this.#due);
    const cron = `${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`;
    let made = 0;
    const maker = async (): Promise<void> => {
      while (made < this.#job.count) {
        const start = made++;
        const name = `bench ${this.#due} ${start}`;
        const body = { workflow: SLUG, type: "schedule", name, cron, timezone: "UTC", inputs: { start } };
        this.#triggers.push(String((await this.#api.call("POST", "/triggers", body)).id));
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, maker));
  }

  async #createdOnFloor(): Promise<number[]> {
    const { created } = await this.#api.call("GET", "/schedules");
    if (!Array.isArray(created)) throw new Error("the floor has no times");
    return created.map(Number);
  }

  /** The list lags by up to two seconds. */
  async #createdOnPlatform(): Promise<number[]> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const listed = await this.#list();
      const over = listed.filter(({ status }) => status === "completed");
      if (over.length >= this.#job.count || Date.now() > until) return listed.map(({ at }) => at);
      await sleep(500);
    }
  }

  /** Executions since the due time. */
  async #list(): Promise<{ at: number; status: string }[]> {
    const found: { at: number; status: string }[] = [];
    for (let cursor = ""; ; ) {
      const page = await this.#api.call("GET", `/workflows/executions?workflow=${SLUG}&limit=100${cursor}`);
      if (!Array.isArray(page.data)) throw new Error("a list without its data");
      for (const { created_at, status } of page.data) found.push({ at: Date.parse(created_at), status });
      const recent = found.filter(({ at }) => at >= this.#due);
      if (recent.length < found.length || page.has_more !== true) return recent;
      cursor = `&cursor=${encodeURIComponent(String(page.next_cursor))}`;
    }
  }
}
