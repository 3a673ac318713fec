import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgres } from "../../scripts/neon/postgres.ts";
import { runQuery } from "../../scripts/neon/query.ts";
import { askPostgres as query } from "./ask-postgres.ts";

/* Needs the PostgreSQL of TEST_POSTGRES_URL: the embedded database is migrated already. */

const SERVER = process.env.TEST_POSTGRES_URL;
const MIGRATIONS = join(import.meta.dirname, "../../migrations");

describe.skipIf(SERVER === undefined)("webhooks that had one path before it was one's alone", () => {
  const name = `paths_${randomBytes(6).toString("hex")}`;
  const server = SERVER ?? "postgres://nowhere";
  beforeAll(() => query(server, `create database ${name}`));
  afterAll(() => query(server, `drop database if exists ${name} with (force)`));

  test("the oldest keeps it; the others are switched off, and their object is told", async () => {
    const backend = await openPostgres(new URL(`/${name}`, server).href);
    const session = await backend.connect();
    const say = (text: string, params: unknown[] = []) => runQuery(session, { query: text, params });
    const apply = async (file: string): Promise<void> => {
      const statements = readFileSync(join(MIGRATIONS, file), "utf8").split("--> statement-breakpoint");
      for (const statement of statements) await say(statement);
    };
    const files = readdirSync(MIGRATIONS).filter((file) => file.endsWith(".sql"));
    for (const file of files.slice(0, files.indexOf("0008_hook_paths.sql"))) await apply(file);
    const insert = (id: string, environment: string, path: string | null, made: string, deleted = false) =>
      say(
        `INSERT INTO triggers (id, tenant_id, environment, workflow_slug, origin, type, name, config, hook_path, enabled, paused,
           actor, revision, deleted, dirty, created_at, updated_at)
         VALUES ($1, 'ten_a', $2, 'w', 'api', 'webhook', 'n', '{}', $3, true, false, '{}', 7, $5, false, $4, $4)`,
        [id, environment, path, made, deleted],
      );
    await insert("second", "live", "p", "2026-02-01");
    await insert("first", "live", "p", "2026-01-01");
    await insert("third", "live", "p", "2026-03-01");
    await insert("gone", "live", "p", "2025-01-01", true);
    await insert("elsewhere", "test", "p", "2026-04-01");
    await insert("other", "live", "q", "2026-04-01");
    await insert("schedule", "live", null, "2026-04-01");
    await apply("0008_hook_paths.sql");
    const { rows } = await say(
      "SELECT id, concat_ws(' ', coalesce(hook_path, '-'), enabled, dirty, revision) FROM triggers ORDER BY id",
    );
    expect(Object.fromEntries(rows)).toEqual({
      elsewhere: "p t f 7",
      first: "p t f 7",
      gone: "p t f 7",
      other: "q t f 7",
      schedule: "- t f 7",
      second: "- f t 8",
      third: "- f t 8",
    });
    await expect(insert("late", "live", "p", "2026-05-01")).rejects.toThrow("triggers_hook_path");
    await backend.close();
  });
});
