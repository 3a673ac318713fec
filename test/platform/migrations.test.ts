import { randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectorManifest } from "../../connectors/manifest/manifest.ts";
import { readConnectorValue } from "../../connectors/manifest/read-connector.ts";
import { nameSkeleton } from "../../connectors/names/name-skeleton.ts";
import { versionKey } from "../../contracts/version-key.ts";
import type { JsonObject } from "../../engine/json.ts";
import { type NeonFront, startNeonFront } from "../../scripts/neon/front.ts";
import { openPostgres } from "../../scripts/neon/postgres.ts";
import { runQuery } from "../../scripts/neon/query.ts";
import { migrate } from "../../scripts/platform/migrate.ts";
import { searchTexts } from "../../workers/services/connectors/search-vector.ts";

/*
 * What stood in the tables before the registry had searches, namespaces that look alike and pins: after the migrations it is what
 * publishing would have written.
 */

const FOLDER = join(import.meta.dirname, "../../migrations");
/** The last migration before the registry's. */
const BEFORE = "0006";
const SERVER = process.env.TEST_POSTGRES_URL;

/** In the order of their precedence. */
const VERSIONS = [
  "1.0.0",
  "1.2.0",
  "1.10.0",
  "2.0.0-alpha",
  "2.0.0-alpha-x.1",
  "2.0.0-beta.2",
  "2.0.0-beta.11",
  "2.0.0-rc.1+build-5",
  "2.0.0",
  "3.0.0+b-1",
];
const NAMESPACES = ["harbor", "har-bor", "m0del", "smart", "srnart", "acme"];

function manifest(version: string, more: JsonObject = {}): ConnectorManifest {
  const read = readConnectorValue({
    connector: {
      name: "tide-tables_x",
      namespace: "harbor",
      version,
      displayName: "Tables of tides 🌊",
      description: "High and low water",
      tags: ["sea", "harbours"],
      ...more,
    },
    actions: [
      { name: "next_high", description: "When it is high", handler: { http: { url: "https://a.example" } } },
      { name: "plain", handler: { http: { url: "https://a.example" } } },
    ],
  });
  if (read.manifest === undefined || read.problems.length > 0) throw new Error(JSON.stringify(read.problems));
  return read.manifest;
}

/** What jsonb refuses, and text cannot hold. */
const UNCLEAN = manifest("4.0.0", { description: "a\u0000b \ud800 c\\u0000d", displayName: "Odd \\\\ one" });
const ALL = [...VERSIONS.map((version) => manifest(version)), UNCLEAN];

const PIN = { namespace: "harbor", connector: "tide-tables_x", version: "1.2.0", action: "plain" };
const PLAN = {
  definition: { name: "w\u0000", steps: [{ input: { pins: { not: "a pin" } } }] },
  pins: { "harbor/tide-tables_x": PIN },
  workflows: { self: "self", "child@": { definition: {}, pins: { a: { ...PIN, version: "1.10.0" }, b: PIN } } },
};

function part(folder: string, wanted: (name: string) => boolean): void {
  for (const name of readdirSync(FOLDER)) {
    if (name.endsWith(".sql") && wanted(name)) copyFileSync(join(FOLDER, name), join(folder, name));
  }
}

async function fill(database: NeonQueryFunction<false, false>): Promise<void> {
  for (const it of ALL)
    await database.query(
      `insert into connector_versions (tenant_id, environment, namespace, name, version, title, description, tags, sha256, manifest, published_by, published_at)
       values ('ten_1', 'live', $1, $2, $3, $4, $5, $6, 'x', $7, 'key_1', now())`,
      [
        it.namespace,
        it.name,
        it.version,
        it.displayName,
        it.description.replaceAll("\u0000", "").replaceAll("\ud800", ""),
        it.categories ?? [],
        JSON.stringify(it),
      ],
    );
  for (const [at, namespace] of NAMESPACES.entries())
    await database.query(
      "insert into connector_namespaces (environment, namespace, tenant_id, claimed_at) values ('live', $1, $2, now() + $3::int * interval '1 day')",
      [namespace, `ten_${at}`, at],
    );
  await database.query(
    `insert into workflow_versions (tenant_id, environment, slug, version, name, digest, plan, published_by, published_at)
     values ('ten_2', 'live', 'w', '1.0.0', 'W', 'd', $1, 'key_2', now())`,
    [JSON.stringify(PLAN)],
  );
  await database.query(
    `insert into connector_installations (tenant_id, environment, namespace, name, version, installed_at)
     values ('ten_2', 'live', 'harbor', 'tide-tables_x', '1.2.0', now())`,
  );
}

async function administer(text: string): Promise<void> {
  const backend = await openPostgres(SERVER ?? "");
  try {
    await runQuery(await backend.connect(), { query: text, params: [] });
  } finally {
    await backend.close();
  }
}

const SERVERS = [
  { name: "the embedded database", real: false },
  ...(SERVER === undefined ? [] : [{ name: "PostgreSQL", real: true }]),
];

describe.each(SERVERS)("rows from before the registry, on $name", ({ real }) => {
  const name = `migrated_${randomBytes(6).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "smartify-migrations-"));
  let front: NeonFront;
  let database: NeonQueryFunction<false, false>;

  beforeAll(async () => {
    if (real) await administer(`create database ${name}`);
    const postgresUrl = real ? new URL(`/${name}`, SERVER).href : undefined;
    front = await startNeonFront({ dataDir: null, postgresUrl, port: 0 });
    part(folder, (file) => file.slice(0, 4) <= BEFORE);
    await migrate(folder, { neonPort: front.port });
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${front.port}/sql`;
    database = neon("postgres://smartify:smartify@localhost/smartify");
    await fill(database);
    part(folder, () => true);
    await migrate(folder, { neonPort: front.port });
  });
  afterAll(async () => {
    await front?.close();
    if (real) await administer(`drop database if exists ${name} with (force)`);
    rmSync(folder, { recursive: true, force: true });
  });

  test("versions sort as versions do", async () => {
    const rows = await database.query(
      `select version, version_key from connector_versions where version <> '4.0.0' order by version_key collate "C"`,
    );
    expect(rows).toEqual(VERSIONS.map((version) => ({ version, version_key: versionKey(version) })));
  });

  test("a search finds in them what it finds in what is published now, whatever their text holds", async () => {
    const rows = await database.query("select version, search::text as search from connector_versions");
    const found = new Map(rows.map((row) => [row.version, row.search]));
    for (const it of ALL) {
      const { a, b, c, d } = searchTexts(it);
      const [row] = await database.query(
        `select (setweight(to_tsvector('english', $1), 'A') || setweight(to_tsvector('english', $2), 'B')
          || setweight(to_tsvector('english', $3), 'C') || setweight(to_tsvector('english', $4), 'D'))::text as search`,
        [a, b, c, d],
      );
      expect([it.version, found.get(it.version)]).toEqual([it.version, row?.search]);
    }
    expect(found.get("1.0.0")).toContain("'high':");
  });

  test("of namespaces that look alike the first keeps the look, and none comes after it", async () => {
    const rows = await database.query("select namespace, skeleton from connector_namespaces order by claimed_at");
    expect(rows).toEqual([
      { namespace: "harbor", skeleton: nameSkeleton("harbor") },
      { namespace: "har-bor", skeleton: null },
      { namespace: "m0del", skeleton: nameSkeleton("m0del") },
      { namespace: "smart", skeleton: nameSkeleton("smart") },
      { namespace: "srnart", skeleton: null },
      { namespace: "acme", skeleton: nameSkeleton("acme") },
    ]);
  });

  test("published workflows pin what they pinned, by what they call too", async () => {
    const rows = await database.query(
      "select tenant_id, workflow_slug, workflow_version, namespace, name, version from connector_pins order by version",
    );
    const pin = { tenant_id: "ten_2", workflow_slug: "w", workflow_version: "1.0.0", namespace: "harbor" };
    expect(rows).toEqual(["1.10.0", "1.2.0"].map((version) => ({ ...pin, name: "tide-tables_x", version })));
  });

  test("versions are private and of no range, as they were", async () => {
    const [row] = await database.query("select count(*) from connector_versions where visibility <> 'private'");
    expect(Number(row?.count)).toBe(0);
    const installed = await database.query("select version, range from connector_installations");
    expect(installed).toEqual([{ version: "1.2.0", range: null }]);
  });
});
