import type { TriggerView } from "../../contracts/api/triggers.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { startTestPlatform, type TestPlatform, type TestTenant } from "../support/test-platform.ts";

/** What a request was answered. */
export interface Answered {
  status: number;
  headers: Headers;
  body: JsonObject;
}

/** A platform whose triggers are used as a client would, with the words that the tests need. */
export class TriggerPlatform {
  readonly platform: TestPlatform;

  private constructor(platform: TestPlatform) {
    this.platform = platform;
  }

  static async start(): Promise<TriggerPlatform> {
    return new TriggerPlatform(await startTestPlatform({ services: false }));
  }

  /** One that the test has started in its own way. */
  static over(platform: TestPlatform): TriggerPlatform {
    return new TriggerPlatform(platform);
  }

  get url(): string {
    return this.platform.url;
  }

  get tenant(): TestTenant {
    return this.platform.tenant;
  }

  async request(method: string, path: string, body?: Json | string, key = this.tenant.apiKey): Promise<Answered> {
    const yaml = typeof body === "string";
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": yaml ? "application/yaml" : "application/json" },
      body: body === undefined || yaml ? body : JSON.stringify(body),
    });
    const answer: Json = await response.json();
    return { status: response.status, headers: response.headers, body: isObject(answer) ? answer : {} };
  }

  /** The answer of a request that must succeed. */
  async ok<T = JsonObject>(method: string, path: string, body?: Json | string): Promise<T> {
    const { status, body: answer } = await this.request(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer as T;
  }

  /** Publishes a workflow that gives back what `trigger` and its inputs are. */
  async publishEcho(name: string, triggers: JsonObject[], more: JsonObject = {}): Promise<Answered> {
    return this.request("POST", "/workflows", {
      name,
      inputs: { order: { type: "string" }, amount: { type: "number" } },
      triggers,
      steps: [{ id: "say", type: "output", value: "{{ trigger }}" }],
      outputs: { trigger: "{{ trigger }}", inputs: "{{ inputs }}" },
      ...more,
    });
  }

  async triggersOf(workflow: string): Promise<TriggerView[]> {
    return (await this.ok<{ data: TriggerView[] }>("GET", `/triggers?workflow=${workflow}`)).data;
  }

  trigger(id: string): Promise<TriggerView> {
    return this.ok("GET", `/triggers/${id}`);
  }

  record(id: string): Promise<ExecutionRecord> {
    return this.ok("GET", `/workflows/executions/${id}?wait=20`);
  }

  /** What `trigger` was in an execution of an echo. */
  async triggerIn(id: string): Promise<JsonObject> {
    const { result } = await this.record(id);
    const trigger = result?.outputs.trigger ?? null;
    return isObject(trigger) ? trigger : {};
  }

  /** The executions of a trigger, once there are so many. */
  started(id: string, count: number, patienceMs?: number): Promise<string[]> {
    return eventually(async () => {
      const { executions } = await this.trigger(id);
      return executions.length >= count ? executions : undefined;
    }, patienceMs);
  }

  /** A call of a webhook: no key, raw text. */
  async call(path: string, body: string, headers: Record<string, string> = {}, method = "POST"): Promise<Answered> {
    const response = await fetch(this.url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(method === "GET" ? {} : { body }),
    });
    const answer: Json = JSON.parse((await response.text()) || "{}");
    return { status: response.status, headers: response.headers, body: isObject(answer) ? answer : {} };
  }

  /** SQL, past the platform: what a crash at the wrong moment would have left. */
  async sql(query: string): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.platform.platform.databasePort}/sql`, {
      method: "POST",
      headers: {
        "neon-connection-string": "postgresql://postgres:postgres@localhost/postgres",
        "neon-raw-text-output": "true",
      },
      body: JSON.stringify({ query, params: [] }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  close(): Promise<void> {
    return this.platform.close();
  }
}

/** What `read` gives, once it gives anything. */
export async function eventually<T>(read: () => Promise<T | undefined>, patienceMs = 30_000): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error("it never came");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
