import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { Placement } from "../../contracts/placement.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { say } from "../../scripts/terminal.ts";
import { FaultyPlatform } from "./faulty-platform.ts";

/*
 * `node scripts/with-node.mjs test/faults/finished-cell.ts [--executions 100000] [--rounds 7]`: two tenants, of which one has so many
 * executions that have ended, in one object and in the list. workerd is killed, and the first answer of each one's object measured: it
 * begins with its start. Then reads, starts and a purge.
 */

const { values } = parseArgs({ options: { executions: { type: "string" }, rounds: { type: "string" } } });
const EXECUTIONS = Number(values.executions ?? 100_000);
const ROUNDS = Number(values.rounds ?? 7);
const TIMES = 25;
const CALCULATES = {
  id: "sum",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
const WORKFLOW = { name: "Short", steps: [CALCULATES, { ...CALCULATES, id: "again" }] };

interface Customer {
  name: "full" | "empty" | "other";
  tenantId: string;
  apiKey: string;
  /** One that has ended. */
  seed: string;
}

const platform = await FaultyPlatform.start({});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function send(of: Customer, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${of.apiKey}`, "content-type": "application/json" };
  const response = await fetch(platform.url + path, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function customer(name: Customer["name"]): Promise<Customer> {
  const made = await createTenant(platform.dataDir, platform.url, name);
  const it: Customer = { name, tenantId: String(made.tenant_id), apiKey: String(made.api_key), seed: "" };
  await send(it, "POST", "/workflows", WORKFLOW);
  return { ...it, seed: await run(it) };
}

async function run(of: Customer): Promise<string> {
  const body = { workflow: "short", execution_mode: "sync" };
  return String((await send(of, "POST", "/workflows/executions", body)).execution_id);
}

/** The file of the object that has an execution. */
function fileOf(executionId: string): DatabaseSync {
  for (const path of readdirSync(join(platform.dataDir, "objects"), { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(platform.dataDir, "objects", path));
    const isCell = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'executions'").get() !== undefined;
    if (isCell && database.prepare("SELECT 1 FROM executions WHERE id = ?").get(executionId)) return database;
    database.close();
  }
  throw new Error(`no object has ${executionId}`);
}

/** As many more, which ended as that one did: in its object, and in the list. */
async function fill({ tenantId, seed }: Customer): Promise<string[]> {
  const secrets = JSON.parse(readFileSync(join(platform.dataDir, "secrets.json"), "utf8"));
  const placement = new Placement(Buffer.from(secrets.EXECUTION_ID_KEY, "base64"));
  const database = fileOf(seed);
  const row = database.prepare("SELECT * FROM executions WHERE id = ?").get(seed) ?? {};
  const log = database.prepare("SELECT * FROM log WHERE execution = ? ORDER BY seq").all(seed);
  const columns = Object.keys(row);
  const insert = database.prepare(
    `INSERT INTO executions (${columns.join()}) VALUES (${columns.map(() => "?").join()})`,
  );
  const write = database.prepare("INSERT INTO log VALUES (?, ?, ?, ?)");
  const ids: string[] = [];
  const first = Number(row.change);
  database.exec("BEGIN");
  for (let nth = 1; nth <= EXECUTIONS; nth += 1) {
    const wish = { kind: "cell", now: Number(row.created_at) - nth, random: randomBytes(8) } as const;
    const { executionId } = placement.place({ tenantId, environment: "live" }, wish);
    const own = (text: unknown) => (typeof text === "string" ? text.replaceAll(seed, executionId) : text);
    insert.run(...columns.map((name) => (name === "change" ? first + nth : own(row[name])) as string));
    for (const { seq, at, events } of log) write.run(executionId, Number(seq), Number(at), String(own(events)));
    ids.push(executionId);
  }
  const mark = first + EXECUTIONS;
  database
    .prepare("INSERT OR REPLACE INTO facts VALUES ('last_change', ?), ('outbox_acked', ?)")
    .run(String(mark), `${mark} ${mark}`);
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  const { page_count: pages } = database.prepare("PRAGMA page_count").get() ?? {};
  say(
    `${EXECUTIONS} executions and ${EXECUTIONS * log.length} rows of logs: ${Math.round((Number(pages) * 4) / 1024)} MiB`,
  );
  database.close();
  for (let from = 0; from < ids.length; from += 5_000) await list(seed, ids.slice(from, from + 5_000));
  return ids;
}

async function list(seed: string, ids: string[]): Promise<void> {
  const columns =
    "tenant_id, environment, change, status, workflow_slug, workflow_name, workflow_version, mode, created_at, started_at, finished_at, error, usage, run_attempt";
  const query = `INSERT INTO executions (execution_id, ${columns})
    SELECT id, ${columns.replace("created_at", "created_at - nth * interval '1 ms'")} FROM executions,
      jsonb_array_elements_text($2::jsonb) WITH ORDINALITY AS more (id, nth) WHERE execution_id = $1`;
  const response = await fetch(`http://127.0.0.1:${platform.databasePort}/sql`, {
    method: "POST",
    headers: {
      "neon-connection-string": "postgresql://smartify:smartify@localhost/smartify",
      "neon-raw-text-output": "true",
    },
    body: JSON.stringify({ query, params: [seed, JSON.stringify(ids)] }),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const figures = new Map<string, { full: number[]; empty: number[] }>();

function note(what: string, name: "full" | "empty", ms: number): void {
  const found = figures.get(what) ?? { full: [], empty: [] };
  figures.set(what, found);
  found[name].push(ms);
}

const median = (all: number[]): string => (all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0).toFixed(1);

async function killAndStart(): Promise<void> {
  const { back } = await platform.killAt("recover.before", 1e9);
  platform.killNow();
  await back;
  // Connections from before are broken, and each is found to be so once.
  while (!(await send(other, "GET", "/limits").catch(() => undefined))) await pause(100);
}

const [full, empty, other] = [await customer("full"), await customer("empty"), await customer("other")];
const both = [full, empty] as const;
// What these have done is with the sink.
for (let times = 0; times < 3; times += 1) await platform.sweep().then(() => pause(500));
await killAndStart();
const ids = await fill(full);
const oneOf = (of: Customer): string => (of === full ? (ids[Math.floor(Math.random() * ids.length)] ?? "") : of.seed);

for (let round = 0; round < ROUNDS; round += 1) {
  await killAndStart();
  // The Worker and the tenants' objects have begun; the coordinators have not.
  for (let times = 0; times < 5; times += 1) await run(other);
  for (const it of both) await send(it, "GET", "/limits");
  for (const it of round % 2 === 0 ? both : [empty, full]) {
    const name = it === full ? "full" : "empty";
    note("first answer of its object", name, await timed(() => send(it, "GET", `/workflows/executions/${oneOf(it)}`)));
  }
  for (let times = 0; times < TIMES; times += 1)
    for (const it of both) {
      const name = it === full ? "full" : "empty";
      const path = `/workflows/executions/${oneOf(it)}`;
      note("GET of an execution", name, await timed(() => send(it, "GET", path)));
      note("GET of its events", name, await timed(() => send(it, "GET", `${path}/events?wait=0`)));
      note("a run of two steps, sync", name, await timed(() => run(it)));
      note("list of 20", name, await timed(() => send(it, "GET", "/workflows/executions?limit=20")));
    }
  for (const it of round % 2 === 0 ? both : [empty, full]) {
    const gone = await run(it);
    await platform.sweep();
    note(
      "DELETE",
      it === full ? "full" : "empty",
      await timed(() => send(it, "DELETE", `/workflows/executions/${gone}`)),
    );
  }
}
for (const [what, of] of figures)
  say(`${what.padEnd(28)} full ${median(of.full).padStart(7)} ms   empty ${median(of.empty).padStart(7)} ms`);
await platform.close();
process.exit(0);
