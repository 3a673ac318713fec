import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "../../scripts/neon/postgres.ts";
import { runQuery } from "../../scripts/neon/query.ts";
import { checkedClient, type CheckedClient } from "../api/checked-client.ts";
import { askPostgres as query } from "./ask-postgres.ts";
import { duringTransaction } from "./during-transaction.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/*
 * What must happen once whoever is first: real sessions with real locks, which the embedded database (one session) has
 * not. The platform runs on a database of its own on the server of TEST_POSTGRES_URL.
 */

const SERVER = process.env.TEST_POSTGRES_URL;
const AT_ONCE = 24;
if (SERVER === undefined)
  process.stdout.write("No PostgreSQL server is given (TEST_POSTGRES_URL): the races of publications are not run.\n");

/** Statuses and how often each came. */
function tally(answers: { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe.skipIf(SERVER === undefined)("on PostgreSQL, of many at the same moment", () => {
  const name = `races_${randomBytes(6).toString("hex")}`;
  const server = SERVER ?? "postgres://nowhere";
  const url = new URL(`/${name}`, server).href;
  let platform: TestPlatform;
  let call: CheckedClient;
  let key: string;
  let otherKey: string;

  beforeAll(async () => {
    await query(server, `create database ${name}`);
    platform = await startTestPlatform({ services: false, postgresUrl: url });
    call = await checkedClient(platform.url);
    key = platform.tenant.apiKey;
    otherKey = (await platform.newTenant("other")).apiKey;
  });
  afterAll(async () => {
    await platform?.close();
    await query(server, `drop database if exists ${name} with (force)`);
  });

  const rows = async (table: string, where: string, value: string): Promise<number> =>
    Number((await query(url, `select count(*) from ${table} where ${where} = $1`, [value]))[0]?.[0]);

  const all = <T>(send: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, index) => send(index)));

  const connector = (namespace: string, slug: string, version = "1.0.0", description = "d", more: object = {}) => ({
    connector: { type: "connector", kind: "http", name: slug, namespace, version, displayName: slug, description },
    actions: [{ name: "go", handler: { http: { url: "https://example.com", method: "POST" } }, ...more }],
  });

  test("publications of one workflow version, one is it and the others conflict", async () => {
    const answers = await all((index) =>
      call(key, "POST", "/workflows", {
        body: {
          name: "raced",
          version: "1.0.0",
          description: `number ${index % 2}`,
          steps: [{ id: "s", connector: "connector:community/calculator", action: "add", input: { a: 1, b: 1 } }],
        },
      }),
    );
    expect(tally(answers)).toEqual({ 201: 1, 409: AT_ONCE - 1 });
    expect(await rows("workflow_versions", "slug", "raced")).toBe(1);
    expect(await rows("workflows", "slug", "raced")).toBe(1);
    expect(await rows("audit", "subject", "raced@1.0.0")).toBe(1);
    const winner = answers.findIndex(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused.filter(({ body }) => Reflect.get(Object(body.details), "same_content"))).toHaveLength(
      AT_ONCE / 2 - 1,
    );
    const shown = await call(key, "GET", "/workflows/raced");
    expect(shown.text).toContain(`number ${winner % 2}`);
  });

  test("publications of one connector version in a new namespace, one is it and the others conflict", async () => {
    const answers = await all((index) =>
      call(key, "POST", "/plugins", { body: connector("raced", "one", "1.0.0", `number ${index % 2}`) }),
    );
    expect(tally(answers)).toEqual({ 201: 1, 409: AT_ONCE - 1 });
    const winner = answers.findIndex(({ status }) => status === 201) % 2;
    for (const [index, { status, body }] of answers.entries()) {
      if (status !== 409) continue;
      expect(Reflect.get(Object(body.details), "same_content")).toBe(index % 2 === winner);
    }
    expect((await call(key, "GET", "/plugins/raced--one")).body.description).toBe(`number ${winner}`);
    expect(await rows("connector_versions", "namespace", "raced")).toBe(1);
    expect(await rows("connector_installations", "namespace", "raced")).toBe(1);
    expect(await rows("connector_namespaces", "namespace", "raced")).toBe(1);
    expect(await rows("audit", "subject", "raced/one@1.0.0")).toBe(1);
  });

  test("updates to one higher version, one is it and the others conflict", async () => {
    expect((await call(key, "POST", "/plugins", { body: connector("updated", "one") })).status).toBe(201);
    const body = connector("updated", "one", "1.1.0");
    expect(tally(await all(() => call(key, "PUT", "/plugins/updated--one", { body })))).toEqual({
      200: 1,
      409: AT_ONCE - 1,
    });
    expect(await rows("connector_versions", "namespace", "updated")).toBe(2);
  });

  /** `1.0.1` to `1.0.<count>` in an order that is not theirs. */
  const shuffled = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ at, by: randomBytes(4).readUInt32BE() }))
      .sort((a, b) => a.by - b.by)
      .map(({ at }) => `1.0.${at + 1}`);

  test.each(["POST", "PUT"] as const)(
    "different higher versions by %s, in any order, end with the highest",
    async (method) => {
      const slug = method.toLowerCase();
      const path = `/plugins/ordered--${slug}`;
      expect((await call(key, "POST", "/plugins", { body: connector("ordered", slug) })).status).toBe(201);
      const versions = shuffled(12);
      const answers = await Promise.all(
        versions.map((version) =>
          call(key, method, method === "PUT" ? path : "/plugins", { body: connector("ordered", slug, version) }),
        ),
      );
      const done = versions.filter((_, at) => [200, 201].includes(answers[at]?.status ?? 0));
      expect(answers.map(({ status }) => status).filter((status) => ![200, 201, 409].includes(status))).toEqual([]);
      // Whatever came after a higher one is refused by PUT; the highest never is.
      expect(done).toContain("1.0.12");
      if (method === "POST") expect(done).toHaveLength(12);
      const shown = (await call(key, "GET", path)).body;
      expect(shown).toMatchObject({ version: "1.0.12", installed_version: "1.0.12" });
      expect(shown.versions).toHaveLength(done.length + 1);
      const [found] = (await call(key, "GET", `/plugins/search?q=${slug}`)).body.results as unknown as object[];
      expect(found).toMatchObject({ version: "1.0.12" });
    },
  );

  test("two versions of which the higher would break the lower, only one is published", async () => {
    const input = (members: object) => ({ input: { type: "object", properties: members } });
    const pairs = await all(async (index) => {
      const slug = `pair-${index}`;
      const base = { a: { type: "string" } };
      await call(key, "POST", "/plugins", { body: connector("pairs", slug, "1.0.0", "d", input(base)) });
      const both = await Promise.all([
        call(key, "POST", "/plugins", { body: connector("pairs", slug, "1.1.0", "d", input({ ...base, b: {} })) }),
        call(key, "PUT", `/plugins/pairs--${slug}`, { body: connector("pairs", slug, "1.2.0", "d", input(base)) }),
      ]);
      return both.filter(({ status }) => status < 300).length;
    });
    expect(pairs).toEqual(Array.from({ length: AT_ONCE }, () => 1));
  });

  test.each([
    ["taken away", "DELETE", ""],
    ["hidden", "PUT", "/visibility"],
  ] as const)("a version is installed by another tenant or %s, never both", async (_, method, suffix) => {
    const outcomes = await all(async (index) => {
      const slug = `${method.toLowerCase()}-${index}`;
      const path = `/plugins/held--${slug}`;
      await call(key, "POST", "/plugins", { body: connector("held", slug) });
      await call(key, "PUT", `${path}/1.0.0/visibility`, { body: { visibility: "public" } });
      await call(key, "POST", `${path}/1.0.0/deprecate`, { body: { reason: "r" } });
      const body = method === "PUT" ? { body: { visibility: "private" } } : {};
      const [installed, gone] = await Promise.all([
        call(otherKey, "POST", `${path}/install`),
        call(key, method, `${path}/1.0.0${suffix}`, body),
      ]);
      const seen = (await call(otherKey, "GET", path)).status;
      return `${installed.status} ${gone.status} ${seen}`;
    });
    expect(new Set(outcomes.filter((it) => it !== "200 409 200" && it !== "404 200 404"))).toEqual(new Set());
  });

  test.each([
    ["taken away", "DELETE", ""],
    ["hidden", "PUT", "/visibility"],
  ] as const)(
    "a version that is being installed is not %s, and one that is being taken away is not installed",
    async (_, method, suffix) => {
      const slug = `slow-${method.toLowerCase()}`;
      const path = `/plugins/held--${slug}`;
      await call(key, "POST", "/plugins", { body: connector("held", slug) });
      await call(key, "PUT", `${path}/1.0.0/visibility`, { body: { visibility: "public" } });
      await call(key, "POST", `${path}/1.0.0/deprecate`, { body: { reason: "r" } });
      const row = `from connector_versions where namespace = 'held' and name = '${slug}'`;
      const installing = [
        `select 1 ${row} for share`,
        `insert into connector_installations (tenant_id, environment, namespace, name, version, installed_at)
        select 'ten_slow', environment, namespace, name, version, now() ${row}`,
      ];
      const body = method === "PUT" ? { body: { visibility: "private" } } : {};
      const taken = await duringTransaction(url, installing, () => call(key, method, `${path}/1.0.0${suffix}`, body));
      expect(taken).toMatchObject({ status: 409, body: { details: { reason: "in_use" } } });
      await query(url, "delete from connector_installations where tenant_id = 'ten_slow'");
      const change = method === "PUT" ? "visibility = 'private'" : "unpublished_at = now(), manifest = ''";
      const taking = [`select 1 ${row} for update`, `update connector_versions set ${change} where name = '${slug}'`];
      expect((await duringTransaction(url, taking, () => call(otherKey, "POST", `${path}/install`))).status).toBe(404);
      expect(
        Number((await query(url, `select count(*) from connector_installations where name = '${slug}'`))[0]?.[0]),
      ).toBe(1);
    },
  );

  test.each([
    ["taken away", "unpublished_at = now(), manifest = ''"],
    ["hidden", "visibility = 'private'"],
  ])("a version that is being %s is not pinned by a workflow that is published meanwhile", async (how, change) => {
    const slug = `pinned-${how.replace(" ", "-")}`;
    await call(key, "POST", "/plugins", { body: connector("held", slug) });
    await call(key, "PUT", `/plugins/held--${slug}/1.0.0/visibility`, { body: { visibility: "public" } });
    expect((await call(otherKey, "POST", `/plugins/held--${slug}/install`)).status).toBe(200);
    const steps = [{ id: "s", connector: `connector:held/${slug}`, action: "go", input: {} }];
    const publish = (version: string) => call(otherKey, "POST", "/workflows", { body: { name: slug, version, steps } });
    expect((await publish("1.0.0")).status).toBe(201);
    const taking = [
      `select 1 from connector_versions where name = '${slug}' for update`,
      `update connector_versions set ${change} where name = '${slug}'`,
    ];
    const refused = await duringTransaction(url, taking, () => publish("1.1.0"));
    expect(refused).toMatchObject({ status: 409, text: expect.stringContaining("taken away or hidden meanwhile") });
    expect(await rows("workflow_versions", "slug", slug)).toBe(1);
    expect(await rows("connector_pins", "name", slug)).toBe(1);
  });

  test("a version that is published while its tenant pins another one does not take the other one's place", async () => {
    const path = "/plugins/held--pinned";
    await call(key, "POST", "/plugins", { body: connector("held", "pinned") });
    const its = "from connector_installations where name = 'pinned'";
    const pinning = [
      `select pg_advisory_xact_lock(hashtextextended(concat_ws('/', tenant_id, environment, namespace, name), 0)) ${its}`,
      "update connector_installations set range = '1.0.0' where name = 'pinned'",
    ];
    const body = connector("held", "pinned", "1.1.0");
    expect((await duringTransaction(url, pinning, () => call(key, "POST", "/plugins", { body }))).status).toBe(201);
    expect((await call(key, "GET", path)).body).toMatchObject({ installed_version: "1.0.0", version: "1.0.0" });
    expect((await call(key, "POST", `${path}/install`, { body: { version: "^1" } })).body.version).toBe("1.1.0");
  });

  test("tenants who publish in a new namespace, it is one's: all of theirs, none of the other's", async () => {
    const answers = await all((index) =>
      call(index % 2 === 0 ? key : otherKey, "POST", "/plugins", { body: connector("claimed", `c${index}`) }),
    );
    expect(tally(answers)).toEqual({ 201: AT_ONCE / 2, 403: AT_ONCE / 2 });
    const winner = answers.findIndex(({ status }) => status === 201) % 2;
    expect(answers.every(({ status }, index) => (status === 201) === (index % 2 === winner))).toBe(true);
    expect(await rows("connector_namespaces", "namespace", "claimed")).toBe(1);
    expect(await rows("connector_versions", "namespace", "claimed")).toBe(AT_ONCE / 2);
  });

  test("connections of one name, one is made and the others conflict", async () => {
    const body = { connector: "calculator", name: "raced", type: "BEARER", values: { token: "t" } };
    expect(tally(await all(() => call(key, "POST", "/connections", { body })))).toEqual({ 201: 1, 409: AT_ONCE - 1 });
    expect(await rows("connections", "name", "raced")).toBe(1);
  });

  test("what is written after another has a later time, whatever the clock of who wrote said", async () => {
    const body = { connector: "calculator", name: "clocked", type: "BEARER", values: { token: "t" } };
    const { id } = (await call(key, "POST", "/connections", { body })).body;
    for (const path of ["/env/CLOCKED", "/secrets/CLOCKED"]) await call(key, "PUT", path, { body: { value: "v1" } });
    for (const table of ["env_values", "secrets", "connections"])
      await query(url, `update ${table} set updated_at = '2099-01-01T00:00:00Z' where name in ('CLOCKED', 'clocked')`);
    const again = [
      await call(key, "PUT", "/env/CLOCKED", { body: { value: "v2" } }),
      await call(key, "PUT", "/secrets/CLOCKED", { body: { value: "v2" } }),
      await call(key, "PATCH", `/connections/${id}`, { body: { name: "clocked" } }),
    ];
    expect(again.map(({ body: { updated_at } }) => updated_at)).toEqual(Array(3).fill("2099-01-01T00:00:00.001Z"));
  });

  const echo = (name: string) => ({
    name,
    steps: [{ id: "s", connector: "connector:community/calculator", action: "add", input: { a: 1, b: 1 } }],
  });
  const hook = (path: string) => ({ type: "webhook", path, auth: { type: "bearer", secret_name: "HOOK" } });

  test("webhooks of one path by requests, one is made and the others are refused by name", async () => {
    expect((await call(key, "POST", "/workflows", { body: echo("hooked") })).status).toBe(201);
    const answers = await all((index) =>
      call(key, "POST", "/triggers", { body: { workflow: "hooked", name: `n${index}`, ...hook("raced/path") } }),
    );
    expect(tally(answers)).toEqual({ 201: 1, 400: AT_ONCE - 1 });
    for (const { status, text } of answers) if (status === 400) expect(text).toContain("is that of another webhook");
    expect(await rows("triggers", "hook_path", "raced/path")).toBe(1);
  });

  test("publications of different workflows with one webhook path, one is it and no other is published", async () => {
    const answers = await all((index) =>
      call(key, "POST", "/workflows", { body: { ...echo(`hooked ${index}`), triggers: [hook("published/path")] } }),
    );
    expect(tally(answers)).toEqual({ 201: 1, 400: AT_ONCE - 1 });
    expect(await rows("triggers", "hook_path", "published/path")).toBe(1);
    expect(await query(url, "select slug from workflows where slug like 'hooked-%'")).toHaveLength(1);
  });

  test("changes of webhooks to one path, one has it", async () => {
    const few = Array.from({ length: 8 }, (_, index) => index);
    const made = await Promise.all(
      few.map((index) =>
        call(key, "POST", "/triggers", { body: { workflow: "hooked", name: `m${index}`, ...hook(`own/${index}`) } }),
      ),
    );
    expect(tally(made)).toEqual({ 201: 8 });
    const answers = await Promise.all(
      made.map(({ body }) => call(key, "PATCH", `/triggers/${body.id}`, { body: { path: "changed/path" } })),
    );
    expect(tally(answers)).toEqual({ 200: 1, 400: 7 });
    expect(await rows("triggers", "hook_path", "changed/path")).toBe(1);
  });

  test("corrections of one record that would together pass below nothing, as many pass as there is room for", async () => {
    await query(
      url,
      `insert into usage_records (id, kind, tenant_id, environment, execution_id, at, workflow_slug, workflow_version, mode,
         connector, action, step_kind, outcome, executions, step_runs, compute_ms, egress_bytes, ai_tokens)
       values ('exec_raced:1', 'usage', $1, 'test', 'exec_raced', now(), 'w', '1.0.0', 'async', '', '', '', '', 1, 10, 0, 0, 0)`,
      [platform.tenant.tenantId],
    );
    const secrets = JSON.parse(readFileSync(join(platform.platform.dataDir, "secrets.json"), "utf8"));
    const once = (index: number) =>
      fetch(`${platform.url}/internal/usage/corrections`, {
        method: "POST",
        headers: { authorization: `Bootstrap ${secrets.BOOTSTRAP_TOKEN}`, "content-type": "application/json" },
        body: JSON.stringify({
          id: `cor_raced${index}`,
          record: "exec_raced:1",
          reason: "r",
          actor: "ops",
          add: { step_runs: -3 },
        }),
      });
    // Each is its id's: who is told that it was too much at once asks again.
    const correct = async (index: number) => {
      let answer = await once(index);
      while (answer.status === 503) answer = await once(index);
      return answer;
    };
    const answers = await all((index) => correct(index));
    expect(tally(answers)).toEqual({ 201: 3, 400: AT_ONCE - 3 });
    const sum = await query(
      url,
      "select sum(step_runs) from usage_records where id = 'exec_raced:1' or corrects = 'exec_raced:1'",
    );
    expect(Number(sum[0]?.[0])).toBe(1);
    const summed = await query(
      url,
      "select sum(step_runs) from usage_rollups where workflow_slug = 'w' and granularity = 'day'",
    );
    expect(Number(summed[0]?.[0])).toBe(-9);
    // The same correction at once and again is one.
    const kept = answers.findIndex(({ status }) => status === 201);
    expect(tally(await all(() => correct(kept)))).toEqual({ 201: AT_ONCE });
    expect(await rows("usage_records", "corrects", "exec_raced:1")).toBe(3);
  });

  test("a deletion that waits for another of the same thing finds nothing, and is in no audit", async () => {
    await call(key, "PUT", "/env/HELD", { body: { value: 1 } });
    const backend = await openPostgres(url);
    const session = await backend.connect();
    const say = (text: string) => runQuery(session, { query: text, params: [] });
    await say("begin");
    await say("delete from env_values where name = 'HELD'");
    const second = call(key, "DELETE", "/env/HELD");
    const waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    await expect.poll(async () => Number((await query(server, waiting))[0]?.[0])).toBe(1);
    await say("commit");
    await backend.close();
    expect((await second).status).toBe(404);
    expect(await query(url, "select id from audit where subject = 'HELD' and action = 'env.deleted'")).toEqual([]);
  });

  test("deletions and revocations of one thing, the audit has one entry of it", async () => {
    await call(key, "PUT", "/env/RACED", { body: { value: 1 } });
    expect(tally(await all(() => call(key, "DELETE", "/env/RACED")))).toEqual({ 200: 1, 404: AT_ONCE - 1 });
    expect((await query(url, "select id from audit where action = 'env.deleted' and subject = 'RACED'")).length).toBe(
      1,
    );
    const made = await call(key, "POST", "/keys", { body: { name: "raced" } });
    const id = String(made.body.id);
    expect(tally(await all(() => call(key, "DELETE", `/keys/${id}`)))).toEqual({ 200: AT_ONCE });
    expect((await query(url, "select id from audit where action = 'key.revoked' and subject = $1", [id])).length).toBe(
      1,
    );
  });
});
