import { afterAll, beforeAll, expect, test } from "vitest";
import { type CodePlugin, startCodePlugin, type Transform } from "./code-plugin.ts";
import { ATTEMPTS } from "./hostile-transforms.ts";

/*
 * Whatever an expression tries, it ends by a limit or with its own error, and the isolate it ran in serves the next call
 * as if nothing had been. That each test ends is a part of what it shows: here nothing but the count can stop a loop.
 */

let plugin: CodePlugin;

beforeAll(async () => {
  plugin = await startCodePlugin();
});
afterAll(async () => {
  await plugin?.stop();
});

const HARMLESS: Transform[] = [
  { language: "javascript", expression: "return context.n + 1", data: { n: 1 } },
  { language: "jsonata", expression: "n + 1", data: { n: 1 } },
  { language: "jq", expression: ".n + 1", data: { n: 1 } },
];

test.each(ATTEMPTS)("$language: $expression", async ({ language, expression, ends }) => {
  const [result, ...after] = await plugin.run([{ language, expression, data: {}, timeoutMs: 600 }, ...HARMLESS]);
  if ("value" in ends) expect(result).toMatchObject({ ok: true, output: ends.value });
  else {
    expect(result).toMatchObject({ ok: false, permanent: true, error: { code: ends.code } });
    if (result?.ok !== false) return;
    if (ends.limit !== undefined) expect(result.error.details?.limit).toBe(ends.limit);
    if (ends.says !== undefined) expect(result.error.message).toContain(ends.says);
    expect(result.error.message, "no stack of ours").not.toMatch(/wasm|\bat .*:\d+:\d+|main\.js|\.ts\b/);
  }
  expect(after.map((next) => next.ok && next.output)).toEqual([2, 2, 2]);
});
