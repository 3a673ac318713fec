import { changeLimits } from "../../scripts/change-limits.ts";
import { type JsonMap, read, readText } from "../outside/json.ts";
import type { TestPlatform } from "../support/test-platform.ts";

export interface Answered {
  status: number;
  headers: Headers;
  body: JsonMap;
}

/** A tenant whose limits a test sets, and what the test asks in its name. */
export class LimitedTenant {
  readonly tenantId: string;
  readonly key: string;
  readonly #running: TestPlatform;

  private constructor(running: TestPlatform, tenantId: string, key: string) {
    this.#running = running;
    this.tenantId = tenantId;
    this.key = key;
  }

  static async make(running: TestPlatform, name: string, limits: Record<string, number> = {}): Promise<LimitedTenant> {
    const { tenantId, apiKey } = await running.newTenant(name);
    const tenant = new LimitedTenant(running, tenantId, apiKey);
    await tenant.limit(limits);
    return tenant;
  }

  async limit(limits: Record<string, number | null>): Promise<void> {
    await changeLimits(this.#running.platform.dataDir, this.#running.url, this.tenantId, limits);
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const response = await fetch(`${this.#running.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const parsed: JsonMap = JSON.parse((await response.text()) || "{}");
    return { status: response.status, headers: response.headers, body: parsed };
  }

  start(definition: JsonMap, more: JsonMap = {}, headers: Record<string, string> = {}): Promise<Answered> {
    return this.call("POST", "/workflows/executions", { definition, ...more }, headers);
  }

  /** The id of an execution that was accepted. */
  async started(definition: JsonMap, more: JsonMap = {}, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.start(definition, more, headers);
    if (answer.status !== 202) throw new Error(`a start was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return readText(answer.body, "execution_id");
  }

  async record(id: string): Promise<JsonMap> {
    return (await this.call("GET", `/workflows/executions/${id}`)).body;
  }

  async status(id: string): Promise<string> {
    return readText(await this.record(id), "status");
  }

  /** The record, as soon as it has this status; what it is after so many seconds otherwise. */
  async until(id: string, status: string, seconds = 45): Promise<JsonMap> {
    const end = Date.now() + seconds * 1_000;
    for (;;) {
      const record = await this.record(id);
      if (record.status === status || Date.now() > end) return record;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What is used of a limit, as the tenant is shown it. */
  async used(name: string): Promise<number> {
    const { body } = await this.call("GET", "/limits");
    const list = read(body, "data");
    const found = Array.isArray(list) ? list.find((it) => read(it, "name") === name) : undefined;
    return Number(read(found, "used"));
  }
}
