import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { beforeAll, expect, test } from "vitest";

/* Histories are verified where users have them: in a browser and in a Worker too, with what those have. */

const ROOT = join(import.meta.dirname, "../..");
const golden = (name: string) => readFileSync(join(ROOT, "receipts/golden", name), "utf8");
const HISTORY = golden("history.json");
const KEYS = golden("receipt-keys.json");
const CHANGED = HISTORY.replace('"attempt": 1', '"attempt": 9');
const ANSWERS = [
  { ok: true, receipt: expect.objectContaining({ workflow: { slug: "golden", version: "2.0.0" } }) },
  { ok: false, event: 3, reason: expect.stringContaining("hash does not fit") },
];
let script = "";

beforeAll(async () => {
  expect(CHANGED).not.toBe(HISTORY);
  const contents =
    'import { verifyHistory } from "./receipts/verify-history.ts"; globalThis.verifyHistory = verifyHistory;';
  const built = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    write: false,
    format: "iife",
    platform: "neutral",
    target: "es2023",
  });
  script = built.outputFiles[0]?.text ?? "";
});

test("in a browser", { timeout: 60_000 }, async () => {
  // Web Crypto is there on https, and on one's own machine.
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<p>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${typeof address === "object" ? address?.port : 0}`);
    await page.evaluate(script);
    const verify = (history: string) => page.evaluate(`verifyHistory(${history}, ${KEYS})`);
    expect([await verify(HISTORY), await verify(CHANGED)]).toEqual(ANSWERS);
  } finally {
    await browser.close();
    server.close();
  }
});

test("in a Worker", { timeout: 60_000 }, async () => {
  const handler = `export default { async fetch(request) {
    const [history, keys] = await request.json();
    return Response.json(await verifyHistory(history, keys));
  } }`;
  const modules = [{ type: "ESModule" as const, path: "worker.js", contents: `${script}\n${handler}` }];
  const options = convertV4MiniflareOptions({
    name: "verifier",
    cf: false,
    port: 0,
    modules,
    compatibilityDate: "2026-10-23",
  });
  const miniflare = new Miniflare(options);
  try {
    const url = await miniflare.ready;
    const verify = async (history: string) =>
      (await fetch(url, { method: "POST", body: `[${history}, ${KEYS}]` })).json();
    expect([await verify(HISTORY), await verify(CHANGED)]).toEqual(ANSWERS);
  } finally {
    await miniflare.dispose();
  }
});
