import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "../../scripts/neon/postgres.ts";
import { runQuery } from "../../scripts/neon/query.ts";
import { checkedClient, type CheckedClient } from "../api/checked-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/*
 * What must happen once whoever is first: real sessions with real locks, which the embedded database (one session) has
 * not. The platform runs on a database of its own on the server of TEST_POSTGRES_URL.
 */

const SERVER = process.env.TEST_POSTGRES_URL;
const AT_ONCE = 24;
if (SERVER === undefined)
  process.stdout.write("No PostgreSQL server is given (TEST_POSTGRES_URL): the races of publications are not run.\n");

async function query(server: string, text: string, params: unknown[] = []): Promise<(string | null)[][]> {
  const backend = await openPostgres(server);
  try {
    const session = await backend.connect();
    return (await runQuery(session, { query: text, params })).rows;
  } finally {
    await backend.close();
  }
}

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

  const connector = (namespace: string, slug: string, version = "1.0.0", description = "d") => ({
    connector: { type: "connector", kind: "http", name: slug, namespace, version, displayName: slug, description },
    actions: [{ name: "go", description: "g", handler: { http: { url: "https://example.com", method: "POST" } } }],
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
      call(key, "POST", "/plugins", { body: connector("raced", "one", "1.0.0", `number ${index}`) }),
    );
    expect(tally(answers)).toEqual({ 201: 1, 409: AT_ONCE - 1 });
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
});
