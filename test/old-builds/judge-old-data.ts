import { createHmac } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Webhook } from "standardwebhooks";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { verifyHistory } from "../../receipts/verify-history.ts";
import { callPlatform } from "../../scripts/call-platform.ts";
import { OldClient } from "./old-client.ts";
import type { OldService } from "./old-service.ts";
import { NEXT_MOVER } from "./old-world.ts";
import type { OldExecution, OldTenant, OldWorldFile } from "./world-file.ts";

const PATIENCE_MS = 90_000;
/** As long as a delivery that was tried twice may wait for its third try. */
const FRESH_MS = 600_000;
const READ_MS = 60_000;
const ENDED = ["completed", "failed", "canceled", "timed_out"];

/** What today's platform makes of the data of an earlier build: everything goes on, and ends as it would have there. */
export class OldDataJudge {
  readonly wrong: string[] = [];
  readonly #world: OldWorldFile;
  readonly #service: OldService;
  readonly #url: string;
  readonly #bootstrap: string;

  constructor(world: OldWorldFile, service: OldService, platform: { url: string; bootstrapToken: string }) {
    this.#world = world;
    this.#service = service;
    this.#url = platform.url;
    this.#bootstrap = platform.bootstrapToken;
  }

  #client({ apiKey }: OldTenant = this.#world.tenant): OldClient {
    return new OldClient(this.#url, apiKey);
  }

  #of(execution: OldExecution): OldClient {
    return this.#client(execution.narrow ? this.#world.narrow : this.#world.tenant);
  }

  #same(what: string, found: unknown, wanted: unknown): void {
    // By their JSON: a member that is undefined is none.
    const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
    if (!isDeepStrictEqual(plain(found), plain(wanted)))
      this.wrong.push(`${what} is ${JSON.stringify(found)} and not ${JSON.stringify(wanted)}`);
  }

  async #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > end) {
        this.wrong.push(`never: ${what}`);
        return undefined;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async #record(execution: OldExecution, waitSeconds = 0): Promise<ExecutionRecord> {
    const wait = waitSeconds > 0 ? `?wait=${waitSeconds}` : "";
    const answer: unknown = await this.#of(execution).ok("GET", `/workflows/executions/${execution.id}${wait}`);
    return answer as ExecutionRecord;
  }

  async #events({ id }: { id: string }, client: OldClient): Promise<ExecutionEvent[]> {
    const { data } = await client.ok("GET", `/workflows/executions/${id}/events`);
    return data as unknown as ExecutionEvent[];
  }

  async judge(): Promise<string[]> {
    await this.#keys();
    await this.#client().ok("POST", "/workflows", NEXT_MOVER);
    const { executions } = this.#world;
    await Promise.all(executions.map((execution) => this.#goOn(execution)));
    await Promise.all(executions.map((execution) => this.#audit(execution)));
    await this.#newcomers();
    await this.#triggers();
    await this.#deliveries();
    await this.#calls();
    await this.#lists();
    await this.#usage();
    return this.wrong;
  }

  async #keys(): Promise<void> {
    const { status } = await this.#client({ tenantId: "", apiKey: this.#world.revokedKey }).ask("GET", "/workflows");
    this.#same("what a revoked key is answered", status, 401);
  }

  /** What it was when its build was killed still stands; then it is given what it waits for, and ends. */
  async #goOn(execution: OldExecution): Promise<void> {
    const { id, label, was, record: before, then = [], ends, outputs } = execution;
    const found = await this.#record(execution);
    const done = ({ steps }: ExecutionRecord): ExecutionRecord["steps"] =>
      steps.filter(({ status }) => status === "completed");
    for (const { path, output, attempt } of done(before)) {
      const now = done(found).find((step) => step.path === path);
      this.#same(`${label}: its done step ${path}`, [now?.output, now?.attempt], [output, attempt]);
    }
    if (then.length > 0 && ["waiting", "paused"].includes(was)) {
      this.#same(`${label}: its status`, found.status, was);
      if (before.waiting_for) this.#same(`${label}: what it waits for`, found.waiting_for, before.waiting_for);
    }
    for (const act of then) {
      const isSignal = act.path.endsWith("/events") && act.body.name === "go";
      if (isSignal)
        await this.#until(
          `${label} waits for its signal`,
          async () => (await this.#record(execution)).status === "waiting" || undefined,
        );
      await this.#until(`${label}: ${act.path} is taken`, async () => {
        const path = act.path.replace("{id}", id).replace("{task}", this.#taskOf(id));
        const { status, body } = await this.#of(execution).ask("POST", path, act.body);
        if (status < 300) return true;
        // The time for its task was over while no build ran: its service is asked once more.
        const isLate = act.path.includes("{task}") && status === 409;
        if (!isLate) this.wrong.push(`${label}: ${path} was answered ${status} ${JSON.stringify(body)}`);
        return isLate ? undefined : false;
      });
    }
    const end = await this.#until(`${label} ends`, async () => {
      const now = await this.#record(execution, 5);
      const goesOn = then.length === 0 && ENDED.includes(was);
      return now.finished_at !== null && (goesOn || now.status === ends) ? now : undefined;
    });
    this.#same(`${label}: its end`, end?.status, ends);
    if (outputs) this.#same(`${label}: its outputs`, end?.result?.outputs, outputs);
  }

  /** The newest token that the service was given for a task. */
  #taskOf(id: string): string {
    const now = [...this.#service.tasks].find(([key]) => key.startsWith(id));
    return now?.[1] ?? this.#world.tasks[id] ?? "";
  }

  /** Its log goes on where the old build left it, without a gap; it was chained and is signed from its first event on. */
  async #audit(execution: OldExecution): Promise<void> {
    const { id, label, events: before } = execution;
    const client = this.#of(execution);
    const events = await this.#events(execution, client);
    this.#same(
      `${label}: ids of its events`,
      events.map((event) => event.id),
      events.map((_, index) => index + 1),
    );
    for (const [index, event] of before.entries()) this.#same(`${label}: its event ${index + 1}`, events[index], event);
    const ends = events
      .filter(({ type }) => /^step\.(completed|skipped|canceled)$/.test(type))
      .map(({ step_path: path }) => path);
    this.#same(
      `${label}: steps that ended twice`,
      ends.filter((path, index) => ends.indexOf(path) !== index),
      [],
    );
    this.#same(
      `${label}: what a reader reads on`,
      await this.#streamed(execution),
      events.slice(before.length).map((event) => event.id),
    );
    const { data, receipt } = await client.ok("GET", `/workflows/executions/${id}/history`);
    const keys: Json = await (await fetch(`${this.#url}/.well-known/receipt-keys.json`)).json();
    const verified = await verifyHistory(
      { execution_id: id, data: Array.isArray(data) ? data : [], receipt: receipt ?? null },
      keys,
    );
    if (!verified.ok) this.wrong.push(`${label}: its history: ${verified.reason}`);
  }

  /** Ids of the events that a reader gets who has read all there was on the old build; the log has ended, so its answer does. */
  async #streamed({ id, label, narrow, events }: OldExecution): Promise<number[]> {
    const { apiKey } = narrow ? this.#world.narrow : this.#world.tenant;
    const decoder = new TextDecoder();
    let text = "";
    try {
      const response = await fetch(`${this.#url}/workflows/executions/${id}/events`, {
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: "text/event-stream",
          "last-event-id": String(events.length),
        },
        signal: AbortSignal.timeout(READ_MS),
      });
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    } catch (error) {
      this.wrong.push(`${label}: its reader had ${JSON.stringify(text.slice(-300))} and then ${String(error)}`);
    }
    return [...text.matchAll(/^id: ?(\d+)$/gm)].map(([, seq]) => Number(seq));
  }

  /** The record of what must end; how long a busy machine takes for it is its business. */
  async #ended(id: string): Promise<JsonObject> {
    for (const until = Date.now() + 120_000; ; ) {
      const record = await this.#client().ok("GET", `/workflows/executions/${id}?wait=20`);
      if (record.finished_at !== null || Date.now() > until) return record;
    }
  }

  /** What is begun today of what was published then. */
  async #newcomers(): Promise<void> {
    const client = this.#client();
    const run = async (workflow: string, inputs: JsonObject = {}): Promise<JsonObject> => {
      const { execution_id: id } = await client.ok("POST", "/workflows/executions", {
        workflow,
        inputs,
        execution_mode: "async",
      });
      return this.#ended(String(id));
    };
    this.#same("an execution of a workflow of then", (await run("chain")).status, "completed");
    const calls = this.#service.calls.length;
    this.#same("an execution with what is cached", (await run("cached", { key: "c" })).status, "completed");
    this.#same("calls for what is cached", this.#service.calls.length - calls, 0);
  }

  /** A schedule fires again, each due time once; an event and a webhook start what they did. */
  async #triggers(): Promise<void> {
    const { triggers, hookSecret, tenant } = this.#world;
    const client = this.#client();
    const startedBy = async (name: string): Promise<string[]> => {
      const { executions } = await client.ok("GET", `/triggers/${triggers[name]}`);
      return Array.isArray(executions) ? executions.map(String) : [];
    };
    const before = Object.fromEntries(
      await Promise.all(Object.keys(triggers).map(async (name) => [name, await startedBy(name)] as const)),
    );
    const told = await client.ok("POST", "/events", { name: "placed", payload: { order: 1 } });
    this.#same("workflows that an event starts", told.triggered, 1);
    const body = JSON.stringify({ order: 2 });
    const signature = createHmac("sha256", hookSecret).update(body).digest("hex");
    const called = await fetch(`${this.#url}/hooks/${tenant.tenantId}/old/hook`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-signature": `sha256=${signature}` },
      body,
    });
    this.#same("what a webhook is answered", called.status, 202);
    for (const name of Object.keys(triggers)) {
      const later = await this.#until(`the trigger ${name} starts something`, async () => {
        const more = (await startedBy(name)).filter((id) => !before[name]?.includes(id));
        return more.length > 0 ? more : undefined;
      });
      const ends = await Promise.all((later ?? []).map((id) => this.#ended(id)));
      this.#same(
        `what the trigger ${name} starts`,
        ends.map(({ status }) => status),
        ends.map(() => "completed"),
      );
    }
    await client.ok("POST", `/triggers/${triggers.tick}/pause`);
    const due = (await startedBy("tick")).map(async (id) => {
      const { result } = await this.#ended(id);
      return JSON.stringify(result);
    });
    const times = await Promise.all(due);
    this.#same("due times that came twice", times.length - new Set(times).size, 0);
  }

  /** What the receiver refused then comes now, signed with the endpoint's secret; so does what a callback waits for. */
  async #deliveries(): Promise<void> {
    const { executions, endpointSecret, madeAt } = this.#world;
    // Else its next try is minutes ahead.
    if (Date.now() - Date.parse(madeAt) < FRESH_MS) {
      const { data } = await this.#client().ok("GET", "/webhooks/endpoints");
      const since = new Date(Date.parse(madeAt) - FRESH_MS).toISOString();
      for (const endpoint of Array.isArray(data) ? data : [])
        if (isObject(endpoint))
          await this.#client().ok("POST", `/webhooks/endpoints/${String(endpoint.id)}/resend`, { since });
    }
    const done = executions.filter(({ ends, narrow }) => ends === "completed" && !narrow);
    for (const { label, id } of done) {
      const came = await this.#until(`${label}: its webhook`, async () =>
        this.#service.deliveries.find(({ path, body }) => path === "/endpoint" && body.includes(id)),
      );
      try {
        if (came) new Webhook(endpointSecret).verify(came.body, came.headers as Record<string, string>);
      } catch (error) {
        this.wrong.push(`${label}: its webhook is not signed with the endpoint's secret: ${String(error)}`);
      }
    }
    const called = executions.find(({ start }) => start?.callback_url !== undefined);
    if (called)
      await this.#until(`${called.label}: its callback`, async () =>
        this.#service.deliveries.find(({ path, body }) => path === "/callback" && body.includes(called.id)),
      );
  }

  /** Nothing is called again that was recorded; a repeated call is the same; secrets and the connection are what they were. */
  async #calls(): Promise<void> {
    const now = this.#service.calls.filter(({ build }) => build === "new");
    const shown = new Set(
      this.#world.executions.flatMap(({ id, record }) =>
        record.steps.filter(({ status }) => status === "completed").map(({ path }) => `${id} ${path}`),
      ),
    );
    const again = now.filter(
      ({ key, execution }) =>
        this.#world.done.includes(key) &&
        [...shown].some((it) => it.startsWith(execution) && key.includes(it.slice(execution.length + 1))),
    );
    this.#same(
      "calls of steps that were done",
      again.map(({ key }) => key),
      [],
    );
    const idOf = (label: string): string => this.#world.executions.find((it) => it.label === label)?.id ?? "";
    const secret = now.find(({ execution }) => execution === idOf("secret"));
    this.#same(
      "what a call is given of secrets and env",
      [secret?.input.token, secret?.input.region],
      ["s3cr3t-of-old", "eu-1"],
    );
    const guarded = now.find(({ execution }) => execution === idOf("connection"));
    this.#same("the connection's key", guarded?.credential, "key-of-old");
  }

  /** The read model has all of them, as they ended. */
  async #lists(): Promise<void> {
    await this.#until("the list shows every end", async () => {
      const shown = new Map<string, string>();
      for (const tenant of [this.#world.tenant, this.#world.narrow]) {
        let cursor = "";
        do {
          const page = await this.#client(tenant).ok("GET", `/workflows/executions?limit=100${cursor}`);
          for (const row of Array.isArray(page.data) ? page.data : [])
            if (isObject(row)) shown.set(String(row.execution_id), String(row.status));
          cursor = typeof page.next_cursor === "string" ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
        } while (cursor !== "");
      }
      return this.#world.executions.every(({ id, ends }) => shown.get(id) === ends) || undefined;
    });
  }

  async #usage(): Promise<void> {
    await this.#until("an audit of usage without a difference", async () => {
      const found = await Promise.all(
        [this.#world.tenant, this.#world.narrow].map(async ({ tenantId }) => {
          const audited = await callPlatform(this.#url, {
            method: "POST",
            path: "/internal/usage/audit",
            authorization: `Bootstrap ${this.#bootstrap}`,
            json: { tenant_id: tenantId },
          });
          return Array.isArray(audited.differences) ? audited.differences : ["none"];
        }),
      );
      return found.flat().length === 0 || undefined;
    });
  }
}
