import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
/** The runtime's own `fetch`, called; not a method of that name. */
const OWN_FETCH = /(?<![.\w#])fetch\s*\(|globalThis\.fetch/;
const DECLARED =
  /^\s*(?:override |async )*fetch\([^)]*\)\s*(?::[^;]*)?[{;]\s*$|\{ fetch\(request: Request\): Promise<Response> \}/;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** Who may reach the network: Workers that hand `fetch` to code which asks the egress rules, and the database's own door. */
const DOORS = ["workers/database/client.ts", "workers/plugins/http/way-out.ts"];

function reaches(code: string): boolean {
  const lines = code.replace(COMMENT, "").split("\n");
  return lines.some((line) => OWN_FETCH.test(line) && !DECLARED.test(line));
}

test("nothing but the listed doors reaches the network by itself", () => {
  const files = globSync("{connectors,contracts,durable-objects,engine,vault,workers}/**/*.ts", { cwd: ROOT });
  const own = files.filter((file) => !/\.test\.ts$|\/(?:generated|testing)\//.test(file));
  expect(own.filter((file) => reaches(readFileSync(join(ROOT, file), "utf8"))).sort()).toEqual(DOORS);
});

test("a call of fetch is told from a method of that name", () => {
  expect(reaches("const a = await fetch(url);")).toBe(true);
  expect(reaches("send: (to, init) => fetch(to, init),")).toBe(true);
  expect(reaches("  override fetch(request: Request): Promise<Response> {\n  await deps.fetch(url);")).toBe(false);
});
