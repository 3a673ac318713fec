import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig, Pool } from "@neondatabase/serverless";
import { sql as rawSql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { integer, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type NeonFront, startNeonFront } from "./front.ts";

const URL = "postgres://smartify:smartify@localhost/smartify";
const backends: [string, string | undefined][] = [["the embedded database", undefined]];
if (process.env.TEST_POSTGRES_URL !== undefined) backends.push(["a real PostgreSQL", process.env.TEST_POSTGRES_URL]);

const things = pgTable("things", {
  id: integer("id").primaryKey(),
  name: text("name").notNull(),
  body: jsonb("body"),
  at: timestamp("at", { withTimezone: true }),
});

describe.each(backends)("the Neon front on %s", (_name, postgresUrl) => {
  let front: NeonFront;
  let pool: Pool;

  beforeAll(async () => {
    front = await startNeonFront({ dataDir: null, postgresUrl, port: 0 });
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${front.port}/sql`;
    neonConfig.wsProxy = () => `127.0.0.1:${front.port}/v2`;
    neonConfig.useSecureWebSocket = false;
    neonConfig.pipelineTLS = false;
    neonConfig.pipelineConnect = false;
    neonConfig.webSocketConstructor = WebSocket;
    pool = new Pool({ connectionString: URL, max: 4 });
    await neon(URL).query("drop table if exists things");
    await neon(URL).query("create table things (id int primary key, name text not null, body jsonb, at timestamptz)");
  });

  afterAll(async () => {
    await pool.end();
    await front.close();
  });

  test("a page in a browser reaches neither protocol", async () => {
    const body = JSON.stringify({ query: "create table stolen (id int)", params: [] });
    const posted = await fetch(`http://127.0.0.1:${front.port}/sql`, { method: "POST", body });
    expect(posted.status).toBe(403);
    const socket = new WebSocket(`ws://127.0.0.1:${front.port}/v2`, { origin: "http://a-page.example" });
    const outcome = await new Promise((resolve) => {
      socket.once("open", () => resolve("open"));
      socket.once("error", (error) => resolve(error.message));
    });
    socket.terminate();
    expect(outcome).toBe("Unexpected server response: 401");
    expect(await neon(URL).query("select to_regclass('stolen') as found")).toEqual([{ found: null }]);
  });

  test("a query over HTTP has typed values, a row count and fields", async () => {
    const result = await neon(URL, {
      fullResults: true,
    })`select 1::int as n, null as nothing, 'ä' as t, true as yes, 12::bigint as big`;
    expect(result.rows).toEqual([{ n: 1, nothing: null, t: "ä", yes: true, big: "12" }]);
    expect(result).toMatchObject({ command: "SELECT", rowCount: 1 });
    expect(result.fields.map(({ name }) => name)).toEqual(["n", "nothing", "t", "yes", "big"]);
  });

  test("drizzle writes and reads back json, dates and text", async () => {
    const database = drizzle(neon(URL));
    const at = new Date("2026-01-02T03:04:05.678Z");
    await database.insert(things).values({ id: 1, name: "one", body: { a: [1, null] }, at });
    expect(await database.select().from(things)).toEqual([{ id: 1, name: "one", body: { a: [1, null] }, at }]);
  });

  test("an error carries its SQLSTATE, constraint and message", async () => {
    const insert = neon(URL)`insert into things values (1, 'again')`;
    await expect(insert).rejects.toMatchObject({ code: "23505", constraint: "things_pkey", table: "things" });
    expect(await neon(URL)`select count(*)::int as n from things`).toEqual([{ n: 1 }]);
  });

  test("a batch is one transaction: its failure leaves nothing behind", async () => {
    const sql = neon(URL);
    await expect(
      sql.transaction([sql`insert into things values (2, 'two')`, sql`insert into things values (2, 'twice')`]),
    ).rejects.toMatchObject({ code: "23505" });
    expect(await sql`select id from things where id = 2`).toEqual([]);
  });

  test("a batch has the isolation level and the read-only mode of its headers", async () => {
    const sql = neon(URL);
    const [rows] = await sql.transaction([sql`select current_setting('transaction_isolation') as level`], {
      isolationLevel: "RepeatableRead",
    });
    expect(rows).toEqual([{ level: "repeatable read" }]);
    await expect(
      sql.transaction([sql`insert into things values (3, 'three')`], { readOnly: true }),
    ).rejects.toMatchObject({ code: "25006" });
  });

  test("a transaction over a WebSocket rolls back, and another client is not in it", async () => {
    const one = await pool.connect();
    await one.query("begin");
    await one.query("insert into things values ($1, $2)", [4, "four"]);
    const other = pool.query("select id from things where id = 4");
    await one.query("rollback");
    one.release();
    expect((await other).rows).toEqual([]);
  });

  test("prepared statements of two clients with one name are apart", async () => {
    const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
    const first = await one.query({ name: "same", text: "select 1 as n" });
    const second = await two.query({ name: "same", text: "select 2 as n" });
    expect([first.rows, second.rows]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
    one.release();
    two.release();
  });

  test("a client that leaves in the middle of a transaction blocks nobody", async () => {
    const leaver = await pool.connect();
    await leaver.query("begin");
    await leaver.query("insert into things values (5, 'five')");
    leaver.release(new Error("gone"));
    expect(await neon(URL)`select id from things where id = 5`).toEqual([]);
  });

  test("twenty queries at once over both doors are all answered", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        if (n % 2 === 0) return (await neon(URL).query("select $1::int as n", [n]))[0]?.n;
        return (await pool.query("select $1::int as n", [n])).rows[0]?.n;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test("what is not of the protocol is refused in words", async () => {
    const post = (body: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${front.port}/sql`, { method: "POST", body, headers: { "neon-connection-string": URL } });
    expect((await post("{")).status).toBe(400);
    expect((await post('{"query": 7}')).status).toBe(400);
    expect((await fetch(`http://127.0.0.1:${front.port}/`)).status).toBe(404);
  });

  test("drizzle sees SQLSTATE 42P01 for a table that is not there", async () => {
    const failing = drizzle(neon(URL)).execute(rawSql`select * from nowhere`);
    await expect(failing).rejects.toMatchObject({ cause: { code: "42P01" } });
  });
});

test("the embedded database keeps its data in its folder", { timeout: 20_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "neon-front-"));
  for (const expected of [[], [{ n: 1 }]]) {
    const front = await startNeonFront({ dataDir, port: 0 });
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${front.port}/sql`;
    const sql = neon(URL);
    await sql`create table if not exists kept (n int)`;
    expect(await sql`select n from kept`).toEqual(expected);
    await sql`insert into kept values (1)`;
    await front.close();
  }
  rmSync(dataDir, { recursive: true });
});
