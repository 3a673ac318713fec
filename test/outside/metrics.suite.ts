import { beforeAll, describe, expect, test } from "vitest";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { type Family, parsePrometheus } from "./prometheus.ts";
import { type OwnTenant, useTenants } from "./use-tenants.ts";

const tenants = useTenants();
const add: JsonMap = {
  id: "add",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
let own: OwnTenant;
let waiting = "";

async function metrics(tenant = own): Promise<Map<string, Family>> {
  const wanted = Date.now();
  for (;;) {
    const answer = await tenant.api.get("/metrics");
    expect(answer.status).toBe(200);
    const families = parsePrometheus(answer.text);
    const asOf = families.get("smartify_as_of_seconds")?.samples[0]?.value ?? Number.POSITIVE_INFINITY;
    if (asOf * 1000 >= wanted) return families;
    if (Date.now() > wanted + 20_000) throw new Error(`it lags: ${asOf}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The sum of a family's samples that have these labels. */
const sum = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number =>
  (families.get(name)?.samples ?? [])
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((total, { value }) => total + value, 0);

beforeAll(async () => {
  own = await tenants.tenant("metrics");
  const { api, step } = own;
  for (let at = 0; at < 3; at++) await api.run({ name: "Good", steps: [add] });
  tenants.service.script("metrics", { body: { status: "error", code: "VALIDATION", message: "no", details: {} } });
  await api.run({ name: 'Bad "one" \\ {of} them', steps: [step("s", "call", { key: "metrics" })] });
  waiting = await api.begin({ name: "Waits", steps: [{ id: "w", type: "wait", until: { event: "never" } }] });
  await api.waiting(waiting, "event");
}, 60_000);

describe("GET /metrics", () => {
  test("is Prometheus' text format to the letter, with its media type", async () => {
    const answer = await own.api.get("/metrics");
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; ?version=0\.0\.4/);
    for (const family of parsePrometheus(answer.text).values()) {
      expect(family.type).not.toBe("");
      expect(family.help).not.toBe("");
    }
  });

  test("has executions, actions, durations, the error rate and the queue", async () => {
    const families = await metrics();
    expect(sum(families, "smartify_executions_started_total")).toBe(5);
    expect(sum(families, "smartify_executions_finished_total", { status: "completed" })).toBe(3);
    expect(sum(families, "smartify_executions_finished_total", { status: "failed" })).toBe(1);
    expect(sum(families, "smartify_execution_duration_seconds_count")).toBeLessThanOrEqual(4);
    const durations = families.get("smartify_execution_duration_seconds")?.samples ?? [];
    const counted = durations
      .filter(({ name }) => name.endsWith("_count"))
      .reduce((total, { value }) => total + value, 0);
    expect(counted).toBe(4);
    expect(sum(families, "smartify_step_runs_total")).toBe(4);
    expect(sum(families, "smartify_executions_unfinished")).toBe(1);
    const ratio = families.get("smartify_execution_error_ratio")?.samples ?? [];
    expect(ratio.every(({ value }) => value >= 0 && value <= 1)).toBe(true);
    expect(ratio.some(({ value }) => value > 0)).toBe(true);
  });

  test("counts on, never back, and says what /usage says", async () => {
    const before = await metrics();
    await own.api.run({ name: "Good", steps: [add] });
    await own.api.act(waiting, "cancel");
    await own.api.finished(waiting);
    const after = await metrics();
    for (const [name, { type, samples }] of before) {
      if (type !== "counter") continue;
      for (const { labels, value } of samples) expect(sum(after, name, labels)).toBeGreaterThanOrEqual(value);
    }
    expect(sum(after, "smartify_executions_started_total")).toBe(6);
    expect(sum(after, "smartify_executions_finished_total", { status: "canceled" })).toBe(1);
    const usage = (await own.api.get("/usage")).body;
    expect(sum(after, "smartify_step_runs_total")).toBe(read(usage, "total.step_runs"));
    expect(sum(after, "smartify_egress_bytes_total")).toBe(read(usage, "total.egress_bytes"));
  });

  test("shows another tenant nothing of it, and nobody without a key or its scope", async () => {
    const stranger = await tenants.tenant("metrics-stranger");
    const families = await metrics(stranger);
    expect(sum(families, "smartify_executions_started_total")).toBe(0);
    expect((await stranger.api.get("/metrics")).text).not.toContain("good");
    expect(await own.api.get("/metrics", { key: null })).toMatchObject({ status: 401 });
    const made = await own.api.post("/keys", {
      name: "r",
      environment: "live",
      scopes: ["executions:read"],
      roles: [],
    });
    expect(await own.api.get("/metrics", { key: readText(made.body, "key") })).toMatchObject({ status: 403 });
  });
});

describe("GET /audit", () => {
  const rows = async (query = "", tenant = own): Promise<Json[]> =>
    readList((await tenant.api.get(`/audit?limit=100${query}`)).body, "data");

  /** Once an execution's log has come there. */
  async function settled(action: string, subject: string): Promise<Json | undefined> {
    for (const end = Date.now() + 15_000; Date.now() < end; ) {
      const found = (await rows(`&action=${action}`)).find((row) => read(row, "subject") === subject);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return undefined;
  }

  test("says who did what to keys, secrets, workflows, triggers and executions", async () => {
    const { api } = own;
    const made = await api.post("/keys", { name: "a", environment: "live", scopes: ["executions:read"], roles: [] });
    const keyId = readText(made.body, "id");
    await api.request("DELETE", `/keys/${keyId}`);
    await api.request("PUT", "/secrets/AUDITED", { json: { value: "the-secret-value-itself" } });
    await api.post("/workflows", { name: "Audited", steps: [add] });
    const id = await api.begin({ name: "Audited", steps: [{ id: "w", type: "wait", until: { event: "never" } }] });
    await api.waiting(id, "event");
    for (const verb of ["pause", "resume", "cancel"]) await api.act(id, verb);
    for (const verb of ["paused", "resumed", "canceled"]) {
      expect([verb, await settled(`execution.${verb}`, id)]).toMatchObject([
        verb,
        { actor: expect.stringMatching(/^key_/) },
      ]);
    }
    const all = await rows();
    const subjects = (prefix: string): Json[] => all.filter((row) => readText(row, "action").startsWith(prefix));
    expect(subjects("key.").filter((row) => read(row, "subject") === keyId)).toHaveLength(2);
    expect(JSON.stringify(subjects("secret."))).toContain("AUDITED");
    expect(JSON.stringify(subjects("workflow."))).toContain("audited");
    expect(JSON.stringify(all)).not.toContain("the-secret-value-itself");
    expect(JSON.stringify(all)).not.toContain(readText(made.body, "key"));
  });

  test("is newest first, by pages without holes, and filters", async () => {
    const all = await rows();
    const times = all.map((row) => readText(row, "at"));
    expect(times).toEqual([...times].sort().reverse());
    const paged: Json[] = [];
    for (let cursor = ""; ; ) {
      const page = await own.api.get(`/audit?limit=3${cursor}`);
      paged.push(...readList(page.body, "data"));
      if (read(page.body, "has_more") !== true) break;
      cursor = `&cursor=${encodeURIComponent(readText(page.body, "next_cursor"))}`;
    }
    expect(paged.map((row) => read(row, "id"))).toEqual(all.map((row) => read(row, "id")));
    for (const row of await rows("&action=key.*")) expect(readText(row, "action")).toMatch(/^key\./);
    expect(await rows("&until=2020-01-01T00:00:00Z")).toEqual([]);
    for (const query of ["limit=0", "limit=101", "cursor=zzz", "since=yesterday", "colour=red"]) {
      expect([query, (await own.api.get(`/audit?${query}`)).status]).toEqual([query, 400]);
    }
  });

  test("is nobody else's", async () => {
    const stranger = await tenants.tenant("audit-stranger");
    for (const row of await rows("", stranger)) expect(JSON.stringify(row)).not.toMatch(/audited/i);
    const made = await own.api.post("/keys", {
      name: "r",
      environment: "live",
      scopes: ["executions:read"],
      roles: [],
    });
    expect(await own.api.get("/audit", { key: readText(made.body, "key") })).toMatchObject({ status: 403 });
  });
});
