import { EventSource } from "eventsource";
import WebSocket from "ws";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { TestPlatform } from "../support/test-platform.ts";

export function authorized(platform: TestPlatform, key = platform.tenant.apiKey): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

/** An EventSource that sends the tenant's key, as one outside of a browser can. */
export function openSource(platform: TestPlatform, path: string, key?: string): EventSource {
  return new EventSource(platform.url + path, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...authorized(platform, key) } }),
  });
}

/** Every type that a test listens for: an EventSource has no "any". */
const TYPES = [
  "workflow.started",
  "workflow.waiting",
  "workflow.completed",
  "workflow.failed",
  "workflow.canceled",
  "step.started",
  "step.waiting",
  "step.progress",
  "step.completed",
  "step.failed",
  "step.skipped",
  "step.canceled",
  "iteration.started",
  "signal.received",
  "log",
];

/** Calls `take` with each event of a source. */
export function onEvents(source: EventSource, take: (event: ExecutionEvent) => void): void {
  for (const type of TYPES) source.addEventListener(type, (message) => take(JSON.parse(String(message.data))));
}

/** A WebSocket with the tenant's key, and what it said. */
export class Socket {
  readonly events: ExecutionEvent[] = [];
  readonly answers: Record<string, unknown>[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  readonly #opened: Promise<void>;

  constructor(platform: TestPlatform, path: string, headers: Record<string, string> = authorized(platform)) {
    this.socket = new WebSocket(platform.url.replace("http", "ws") + path, { headers });
    this.socket.on("message", (data) => {
      const said = JSON.parse(String(data));
      if (typeof said.id === "number") this.events.push(said);
      else this.answers.push(said);
    });
    this.#opened = new Promise((resolve, reject) => {
      this.socket.on("open", () => resolve());
      this.socket.on("error", reject);
    });
    this.#opened.catch(() => undefined);
    this.closed = new Promise((resolve, reject) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
      this.socket.on("error", reject);
    });
    this.closed.catch(() => undefined);
  }

  async opened(): Promise<this> {
    await this.#opened;
    return this;
  }

  say(command: object): void {
    this.socket.send(JSON.stringify(command));
  }
}

interface Page {
  data: ExecutionEvent[];
  last: number;
  ended: boolean;
}

export async function poll(platform: TestPlatform, id: string, after: number, wait = 0, more = ""): Promise<Page> {
  const path = `/workflows/executions/${id}/events?after=${after}&wait=${wait}${more}`;
  const response = await fetch(platform.url + path, { headers: authorized(platform) });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** The whole log as it is now. */
export async function wholeLog(platform: TestPlatform, id: string): Promise<ExecutionEvent[]> {
  const events: ExecutionEvent[] = [];
  for (let after = 0; ; ) {
    const page = await poll(platform, id, after);
    events.push(...page.data);
    if (page.last === after) return events;
    after = page.last;
  }
}

export async function until(what: string, isTrue: () => boolean | Promise<boolean>, forMs = 45_000): Promise<void> {
  const end = Date.now() + forMs;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
