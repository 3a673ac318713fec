import { describe, expect, test } from "vitest";
import { checkArrows } from "./check-arrows.ts";
import { checkCycles } from "./check-cycles.ts";
import { checkDocPaths } from "./check-doc-paths.ts";
import { checkFiles } from "./check-files.ts";
import { checkPurity } from "./check-purity.ts";
import type { Violation } from "./source-file.ts";

const file = (path: string, text: string) => ({ path, text });
const said = (violations: Violation[]) => violations.map(({ path, line, message }) => `${path}:${line} ${message}`);

describe("arrows", () => {
  const refused: [string, string, string][] = [
    ["the engine importing another room", "engine/a.ts", 'import { x } from "../contracts/x.ts";'],
    ["the engine importing another room's type", "engine/a.ts", 'import type { X } from "../contracts/x.ts";'],
    ["the engine re-exporting another room", "engine/a.ts", 'export * from "../connectors/x.ts";'],
    ["the engine importing Node", "engine/a.ts", 'import { readFileSync } from "node:fs";'],
    ["the engine importing Cloudflare", "engine/a.ts", 'import { env } from "cloudflare:workers";'],
    ["the engine importing a package that is not pure", "engine/a.ts", 'import { Hono } from "hono";'],
    ["the engine loading Node late", "engine/a.ts", 'const fs = await import("node:fs");'],
    ["a connector importing Node", "connectors/a.ts", 'import "node:crypto";'],
    ["a connector importing a Worker", "connectors/a.ts", 'import { x } from "../workers/main.ts";'],
    ["a contract importing drizzle", "contracts/a.ts", 'import { eq } from "drizzle-orm";'],
    ["the vault importing anything", "vault/a.ts", 'import type { Json } from "../engine/json.ts";'],
    ["a service importing hono", "workers/services/a/b.ts", 'import { Hono } from "hono";'],
    ["a service importing Env", "workers/services/a/b.ts", 'import type { Env } from "../../env.ts";'],
    ["a route importing drizzle", "workers/api/a.ts", 'import { eq } from "drizzle-orm/sql";'],
    ["a route importing the database", "workers/api/a.ts", 'import { x } from "../database/x.ts";'],
    ["a door importing another door", "workers/queues/a.ts", 'import { x } from "../api/x.ts";'],
    ["a table importing a service", "workers/database/a.ts", 'import { x } from "../services/x.ts";'],
    ["a plugin importing another plugin", "workers/plugins/http/a.ts", 'import { x } from "../toolbox/x.ts";'],
    ["a plugin importing an object", "workers/plugins/http/a.ts", 'import { x } from "../../../durable-objects/x.ts";'],
    ["an object importing a Worker", "durable-objects/a.ts", 'import { x } from "../workers/services/x.ts";'],
    ["an object importing drizzle", "durable-objects/a.ts", 'import { eq } from "drizzle-orm";'],
    ["a unit test importing a foreign room", "engine/a.test.ts", 'import { x } from "../connectors/x.ts";'],
    ["a folder that is no room", "attic/a.ts", "export const a = 1;"],
  ];
  test.each(refused)("%s is refused", (_, path, text) => {
    expect(checkArrows([file(path, text)])).toHaveLength(1);
  });

  const allowed: [string, string, string][] = [
    ["a file importing its own room", "engine/a.ts", 'import { x } from "./b/x.ts";'],
    ["a pure library's subpath in the engine", "engine/a.ts", 'import { sha256 } from "@noble/hashes/sha2.js";'],
    ["a service importing tables", "workers/services/a/b.ts", 'import { x } from "../../database/x.ts";'],
    ["a unit test importing vitest", "engine/a.test.ts", 'import { test } from "vitest";'],
    ["the word import in a text", "engine/a.ts", "export const text = 'import \"node:fs\"';"],
    ["a file of the root", "vitest.config.ts", 'import { defineConfig } from "vitest/config";'],
  ];
  test.each(allowed)("%s is allowed", (_, path, text) => {
    expect(said(checkArrows([file(path, text)]))).toEqual([]);
  });

  test("a violation names the line of the import", () => {
    const text = '// why\nimport type { Json } from "./json.ts";\nimport { Hono } from "hono";\n';
    expect(said(checkArrows([file("engine/a.ts", text)]))).toEqual([
      "engine/a.ts:3 engine may not import the package hono",
    ]);
  });
});

describe("cycles", () => {
  const a = file("engine/a.ts", 'import { b } from "./b.ts"; export const a = b;');
  const b = file("engine/b.ts", 'import { c } from "./c.ts"; export const b = c;');

  test("a cycle of values over three files is found once", () => {
    const c = file("engine/c.ts", 'import { a } from "./a.ts"; export const c = a;');
    expect(said(checkCycles([a, b, c]))).toEqual([
      "engine/a.ts:1 import cycle: engine/a.ts → engine/b.ts → engine/c.ts → engine/a.ts",
    ]);
  });

  test("a cycle that a type closes is none", () => {
    const c = file("engine/c.ts", 'import type { A } from "./a.ts"; export const c = 1;');
    expect(checkCycles([a, b, c])).toEqual([]);
  });
});

describe("files", () => {
  test("401 lines are too many and 400 are not", () => {
    const long = file("engine/long.ts", "x\n".repeat(401));
    const fits = file("engine/fits.ts", "x\n".repeat(400));
    expect(said(checkFiles([long, fits]))).toEqual(["engine/long.ts:401 401 lines, more than 400"]);
  });

  test("a folder or file that is named for nothing is refused", () => {
    const found = checkFiles([
      file("engine/utils/a.ts", ""),
      file("engine/helpers.test.ts", ""),
      file("a/scores.ts", ""),
    ]);
    expect(found.map(({ path }) => path)).toEqual(["engine/utils/a.ts", "engine/helpers.test.ts"]);
  });
});

describe("purity", () => {
  test.each(["Date.now()", "Math.random()", "new Date()", "Date()", "[1].map(Math.random)"])("%s is found", (text) => {
    expect(checkPurity([file("engine/a.ts", `export const a = ${text};`)])).toHaveLength(1);
  });

  test.each(["new Date(0)", "Date.UTC(2026, 1)", "Math.round(1)", '"Date.now()"'])("%s is pure", (text) => {
    expect(checkPurity([file("engine/a.ts", `export const a = ${text};`)])).toEqual([]);
  });
});

describe("paths in documents", () => {
  const paths = ["README.md", "engine/run/apply.ts", "docs/guide/start.md"];
  const check = (text: string, path = "README.md") => said(checkDocPaths([file(path, text)], paths, ["check"]));

  test("a path in backticks that does not exist is found", () => {
    expect(check("see\n`engine/run/aply.ts`")).toEqual(["README.md:2 engine/run/aply.ts does not exist"]);
  });

  test("a link that leads nowhere is found", () => {
    expect(check("[x](docs/guide/stop.md#a)")).toEqual(["README.md:1 docs/guide/stop.md does not exist"]);
  });

  test("an npm script that does not exist is found", () => {
    expect(check("run `npm run chek`")).toEqual(['README.md:1 no npm script "chek"']);
  });

  test("folders, files, placeholders, addresses and media types that are right pass", () => {
    const text =
      "`engine/run/` `engine/run/apply.ts` `engine/<kind>/x.ts` `/healthz` `application/json` `npm run check`";
    expect(check(text)).toEqual([]);
    expect(
      check("[up](../../README.md) [beside](start.md) [out](https://example.com/a)", "docs/guide/start.md"),
    ).toEqual([]);
  });
});
