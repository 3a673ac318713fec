import { beforeAll, describe, expect, test } from "vitest";
import { isMap, type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { type OwnTenant, useTenants } from "./use-tenants.ts";

const tenants = useTenants();

const METERS = ["executions", "step_runs", "compute_ms", "egress_bytes", "ai_tokens"] as const;
const add: JsonMap = {
  id: "add",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
const give: JsonMap = { id: "give", type: "output", value: 1 };

let own: OwnTenant;
let from = "";
const ids: string[] = [];

/** When the last execution had ended: what was used up to then has to be in every answer. */
let settled = 0;

async function usage(query = "", tenant = own): Promise<JsonMap> {
  const wanted = settled;
  for (;;) {
    const answer = await tenant.api.get(`/usage${query}`);
    if (answer.status !== 200 || !isMap(answer.body)) throw new Error(`${answer.status} ${answer.text}`);
    if (Date.parse(readText(answer.body, "as_of")) >= wanted) return answer.body;
    if (Date.now() > wanted + 60_000) throw new Error(`it lags: ${answer.text}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const metersOf = (row: Json | undefined): Record<string, number> =>
  Object.fromEntries(METERS.map((meter) => [meter, Number(read(row, meter))]));

function summed(rows: readonly Json[]): Record<string, number> {
  const total = Object.fromEntries(METERS.map((meter) => [meter, 0]));
  for (const row of rows) for (const meter of METERS) total[meter] = (total[meter] ?? 0) + Number(read(row, meter));
  return total;
}

/** What isolated executions used comes by itself: with a hint, or, where that is lost, with the sweeper's next minute. */
async function isolatedCame(): Promise<void> {
  const until = Date.now() + 90_000;
  for (;;) {
    const rows = readList(await usage("?group_by=mode&granularity=total"), "data");
    const { executions, step_runs: runs } = metersOf(rows.find((row) => read(row, "group") === "isolated"));
    if (executions === 1 && runs === 2) return;
    if (Date.now() > until) throw new Error(`the isolated one did not come: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

beforeAll(async () => {
  own = await tenants.tenant("usage");
  const { api, step } = own;
  from = new Date(Date.now() - 1000).toISOString();
  const run = async (name: string, steps: Json[], more: JsonMap = {}): Promise<JsonMap> => {
    const record = await api.run({ name, steps }, {}, more);
    ids.push(readText(record, "execution_id"));
    return record;
  };
  // Two plugins, a skipped step, and a logic step, which is no plugin's: twice 2.
  const two = [add, step("call", "call", { key: "two" }), { ...add, id: "no", condition: false }, give];
  await run("Plain", two);
  await run("Plain", two, { execution_mode: "isolated" });
  // Three attempts of one step: 3.
  tenants.service.script("again", { status: 503 }, { status: 503 });
  const retry: JsonMap = { max_attempts: 3, backoff: "fixed", initial_delay_ms: 20, retry_on: ["UNAVAILABLE"] };
  await run("Again", [step("call", "call", { key: "again" }, { retry })]);
  // One that fails counts too: 1.
  tenants.service.script("broken", { body: { status: "error", code: "VALIDATION", message: "no", details: {} } });
  await run("Broken", [step("call", "call", { key: "broken" }), add]);
  // Seven iterations: 7.
  await run("Loop", [{ ...add, for_each: "{{ range(7) }}", parallel: true }]);
  // The second finds its answer in the cache: 1 for both.
  const cached = [{ ...add, cache: { ttl: 600, key: "usage" } }];
  await run("Cached", cached);
  await run("Cached", cached);
  // Tokens that a service reports: 2 calls, 34 tokens.
  const reply = { body: { status: "success", data: {}, usage: { input_tokens: 10, output_tokens: 7, cost: 0.5 } } };
  tenants.service.script("tokens", reply, reply);
  await run("Tokens", [step("a", "call", { key: "tokens" }), step("b", "call", { key: "tokens" })]);
  // One that is canceled before anything ran: 0.
  const waiting = await api.begin({
    name: "Waits",
    steps: [{ id: "w", type: "wait", until: { event: "never" } }, add],
  });
  await api.waiting(waiting, "event");
  await api.act(waiting, "cancel");
  await api.finished(waiting);
  ids.push(waiting);
  settled = Date.now();
  await isolatedCame();
}, 180_000);

describe("GET /usage (section 16)", () => {
  test("counts every execution and every attempt that reached a plugin, once", async () => {
    const { total, data } = await usage("?granularity=total");
    expect(metersOf(total)).toMatchObject({ executions: 9, step_runs: 4 + 3 + 1 + 7 + 1 + 2, ai_tokens: 34 });
    expect(data).toHaveLength(1);
  });

  test("is the sum of what the executions themselves say", async () => {
    const records = await Promise.all(ids.map((id) => own.api.record(id)));
    expect(metersOf((await usage()).total)).toEqual(summed(records.map((record) => record.usage ?? null)));
    expect(Number(read(await usage(), "total.egress_bytes"))).toBeGreaterThan(0);
  });

  test("by workflow says what each has used", async () => {
    const rows = readList(await usage("?group_by=workflow"), "data");
    const counts = Object.fromEntries(
      rows.map((row) => [read(row, "group"), [Number(read(row, "executions")), Number(read(row, "step_runs"))]]),
    );
    expect(counts).toEqual({
      plain: [2, 4],
      again: [1, 3],
      broken: [1, 1],
      loop: [1, 7],
      cached: [2, 1],
      tokens: [1, 2],
      waits: [1, 0],
    });
  });

  test("by connector says how often each was called", async () => {
    const rows = readList(await usage("?group_by=connector"), "data");
    const calls = (name: string): number | undefined =>
      summed(rows.filter((row) => String(read(row, "group")).includes(name))).step_runs;
    expect([calls("calculator"), calls("flaky")]).toEqual([2 + 7 + 1, 2 + 3 + 1 + 2]);
  });

  test.each(["none", "workflow", "connector", "step_kind", "mode", "outcome"])(
    "grouped by %s, in every granularity, adds up to the same total",
    async (group) => {
      const whole = (await usage()).total;
      for (const granularity of ["hour", "day", "month", "total"]) {
        const answer = await usage(`?group_by=${group}&granularity=${granularity}`);
        expect([granularity, metersOf(answer.total)]).toEqual([granularity, metersOf(whole)]);
        const rows = readList(answer, "data");
        expect([granularity, summed(rows)]).toEqual([granularity, metersOf(whole)]);
        const places = rows.map((row) => `${read(row, "period")} ${read(row, "group")}`);
        expect(new Set(places).size).toBe(places.length);
      }
    },
  );

  test("read again it is the same, and it is the same as CSV", async () => {
    const query = `?from=${from}&to=${new Date(Date.now() + 60_000).toISOString()}&group_by=workflow&granularity=day`;
    const [first, second] = [await usage(query), await usage(query)];
    expect(second.data).toEqual(first.data);
    expect(second.total).toEqual(first.total);
    const asked = [
      await own.api.get(`/usage${query}&format=csv`),
      await own.api.get(`/usage${query}`, { headers: { accept: "text/csv" } }),
    ];
    for (const csv of asked) {
      expect(csv.headers.get("content-type")).toMatch(/^text\/csv/);
      const lines = csv.text.trimEnd().split(/\r?\n/);
      expect(lines[0]).toBe("period,group,executions,step_runs,compute_ms,egress_bytes,ai_tokens");
      const wanted = readList(first, "data").map((row) =>
        ["period", "group", ...METERS].map((name) => String(read(row, name) ?? "")).join(","),
      );
      expect(lines.slice(1)).toEqual(wanted);
    }
  });

  test("of another range is empty, of a day that is named has it", async () => {
    const nothing = await usage("?from=2020-01-01&to=2020-02-01");
    expect(nothing).toMatchObject({ data: [], total: { executions: 0, step_runs: 0 } });
    const today = from.slice(0, 10);
    // Of the next one, too, when midnight came meanwhile.
    const after = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(metersOf((await usage(`?from=${today}&to=${after}`)).total)).toMatchObject({ executions: 9 });
  });

  test.each([
    "from=yesterday",
    "to=12",
    "from=2026-02-30",
    "from=2026-03-02&to=2026-03-01",
    "from=2026-03-01&to=2026-03-01",
    "granularity=minute",
    "granularity=",
    "group_by=tenant",
    "group_by=workflow,connector",
    "format=xml",
    "colour=red",
  ])("?%s is refused", async (query) => {
    const answer = await own.api.get(`/usage?${query}`);
    expect([query, answer.status, read(answer.body, "code")]).toEqual([query, 400, "VALIDATION"]);
  });

  test("shows another tenant nothing, nor a key without its scope; nobody corrects it by the API", async () => {
    const stranger = await tenants.tenant("stranger");
    expect(await usage("", stranger)).toMatchObject({ data: [], total: { executions: 0 } });
    const scopes = ["executions:read"];
    const made = await own.api.post("/keys", { name: "r", environment: "live", scopes, roles: [] });
    expect(await own.api.get("/usage", { key: readText(made.body, "key") })).toMatchObject({ status: 403 });
    expect(await own.api.get("/usage", { key: null })).toMatchObject({ status: 401 });
    const authorization = `Bearer ${own.api.key}`;
    for (const path of ["/usage", "/usage/corrections", "/internal/usage/corrections", "/internal/usage/audit"]) {
      const body = JSON.stringify({ executions: -1 });
      const headers = { authorization, "content-type": "application/json" };
      const { status } = await fetch(own.api.baseUrl + path, { method: "POST", headers, body });
      expect([path, [401, 403, 404, 405].includes(status)]).toEqual([path, true]);
    }
    expect(metersOf((await usage()).total)).toMatchObject({ executions: 9 });
  });

  test("a test key's usage is its own", async () => {
    const scopes = ["executions:read", "executions:write", "usage:read"];
    const made = await own.api.post("/keys", { name: "t", environment: "test", scopes, roles: [] });
    const key = readText(made.body, "key");
    const started = await own.api.start(
      { definition: { name: "Tested", steps: [add] }, execution_mode: "sync" },
      { key },
    );
    expect(started.status).toBe(200);
    settled = Date.now();
    expect(metersOf((await usage()).total)).toMatchObject({ executions: 9, step_runs: 18 });
  });

  test("is the same after a kill of the whole platform", async () => {
    const before = metersOf((await usage()).total);
    await tenants.restart();
    expect(metersOf((await usage()).total)).toEqual(before);
  });
});
