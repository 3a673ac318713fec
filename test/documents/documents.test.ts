import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

const ROOT = join(import.meta.dirname, "../..");
let platform: TestPlatform;

/** What answers in place of the services that the guides name. */
const elsewhere: Server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const { method, url, headers } = request;
  const found = method === "GET" && url === "/repos/octocat/hello-world" && headers["user-agent"] === "acme";
  const sent =
    method === "POST" &&
    (url === "/api/channels/general/messages"
      ? headers.authorization === "Bearer secret"
      : url === "/raise" && headers["x-key"] === "a-key-of-the-service");
  const body = found ? '{"full_name": "octocat/Hello-World"}' : sent ? Buffer.concat(chunks).toString() : "{}";
  response.writeHead(found || sent ? 200 : 404, { "content-type": "application/json" }).end(body);
});

beforeAll(async () => {
  await new Promise<void>((listening) => elsewhere.listen(0, "127.0.0.1", listening));
  const address = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  platform = await startTestPlatform({
    hosts: { "api.github.com:443": address, "chat.example.com:443": address, "alerts.example.com:443": address },
  });
});
afterAll(async () => {
  await platform?.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
});

/** The fenced blocks of a document in one language, in order. */
function blocksOf(path: string, language: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");
}

/** Posts YAML, or JSON. */
async function publish(path: string, yaml: string): Promise<Record<string, unknown>> {
  const type = yaml.startsWith("{") ? "application/json" : "application/yaml";
  const headers = { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": type };
  const response = await fetch(`${platform.url}${path}`, { method: "POST", headers, body: yaml });
  return response.json();
}

/** Runs shell blocks as somebody would who has just started the platform, in a folder of their own. Answers what they print. */
async function runBlocks(blocks: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "smartify-document-"));
  try {
    const dev = { base_url: platform.url, api_key: platform.tenant.apiKey, pid: process.pid };
    mkdirSync(join(folder, ".smartify"));
    writeFileSync(join(folder, ".smartify/dev.json"), JSON.stringify(dev));
    const script = ["-euo", "pipefail", "-c", blocks.join("\n")];
    return (await promisify(execFile)("bash", script, { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What came to the receiver, by the beginning of its path. */
async function received(path: string): Promise<{ headers: Record<string, string>; body: unknown }[]> {
  const answer = await fetch(`http://${platform.platform.hosts["receiver:8080"]}/received?path=${path}`);
  return answer.json();
}

test("the README's first workflow runs as it is written, from the shell", async () => {
  const script = blocksOf("README.md", "sh").filter((block) => !block.includes("npm start"));
  expect(script.length).toBeGreaterThan(4);
  const printed = await runBlocks(script);
  for (const part of [
    '"valid":true',
    '"status":"published"',
    '"gross":119',
    '"label":"100 and 19 of tax"',
    '"gross":95.2',
  ]) {
    expect(printed).toContain(part);
  }
});

test("the guide to code connectors works at the first try, block by block, as it is written", async () => {
  const script = blocksOf("docs/guide/code-connectors.md", "sh");
  expect(script.length).toBeGreaterThan(6);
  // Nothing that is shown as a file or a request is left out of what runs.
  expect(blocksOf("docs/guide/code-connectors.md", "yaml")).toEqual([]);
  const printed = await runBlocks(script);
  const wanted = [
    '"data":{"text":"Hello, Ada"}',
    '"outputs":{"text":"Hello, Grace"}',
    "line 3, column",
    '"data":{"text":"Hallo, Ada"}',
    '"outputs":{"line":"Report for Ada (at most 10): success, Hello, Ada"}',
    '"data":{"id":"msg-',
  ];
  for (const part of wanted) expect(printed).toContain(part);
  expect(printed.split('"code":"VALIDATION"'), "one file is wrong, and nothing else").toHaveLength(2);
  expect(await received("/shop/v1/orders")).toMatchObject([
    { headers: { authorization: "Bearer a-token-of-the-shop" }, body: { article: "pen" } },
  ]);
  const [audit] = await received("/audit");
  expect(audit?.headers).toMatchObject({ "x-signature": "a-key-that-signs" });
  expect(printed).not.toContain("a-token-of-the-shop");
  expect(printed).not.toContain("a-key-that-signs");
});

test("the example of a code connector packs, prices and books parcels, and does without where it is too dear", async () => {
  const file = (name: string) => readFileSync(join(ROOT, "examples/parcels", name), "utf8");
  expect(await publish("/connectors", file("connector.yaml"))).toMatchObject({ status: "published", slug: "parcels" });
  const values = { base_url: "http://receiver:8080/carrier", token: "token-of-the-carrier" };
  const connection = { connector: "parcels", name: "development", type: "BEARER", values };
  expect(await publish("/connections", JSON.stringify(connection))).toMatchObject({ connector: "community/parcels" });
  expect(await publish("/workflows", file("workflows.yaml"))).toMatchObject({ status: "published" });
  const items = [
    { name: "anvil", kg: 18 },
    { name: "book", kg: 1.5, count: 3 },
  ];
  const run = (inputs: object): Promise<Record<string, unknown>> =>
    publish("/workflows/executions", JSON.stringify({ workflow: "parcel-booking", execution_mode: "sync", inputs }));
  const booked = await run({ order_id: "o-1", items });
  expect(booked, JSON.stringify(booked)).toMatchObject({
    status: "completed",
    result: { outputs: { price: 19.25, parcels: 2, labels: [expect.any(String), expect.any(String)] } },
  });
  expect(JSON.stringify(booked)).not.toContain("token-of-the-carrier");
  const labels = await received("/carrier/labels");
  expect(labels).toMatchObject([
    { headers: { authorization: "Bearer token-of-the-carrier" }, body: { order: "o-1", kg: 19.5 } },
    { headers: { authorization: "Bearer token-of-the-carrier" }, body: { order: "o-1", kg: 3 } },
  ]);
  expect(new Set(labels.map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
  expect(await run({ order_id: "o-2", items, zone: "abroad", most: 20 })).toMatchObject({
    status: "completed",
    result: { outputs: { labels: [] } },
  });
  expect(await run({ order_id: "o-3", items: [{ name: "piano", kg: 400 }] })).toMatchObject({
    status: "failed",
    error: { code: "VALIDATION", message: expect.stringContaining("piano weighs more than 20 kg") },
  });
});

/** What a guide's reader does: keeps the files under the names that stand in them, and runs the commands, one after the other. */
async function follow(guide: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "smartify-guide-"));
  try {
    for (const yaml of blocksOf(guide, "yaml")) {
      const name = /^# (\S+\.yaml)$/m.exec(yaml)?.[1];
      if (name !== undefined) writeFileSync(join(folder, name), yaml);
    }
    const env = { ...process.env, BASE: platform.url, KEY: platform.tenant.apiKey };
    const script = blocksOf(guide, "bash").join("\necho\n");
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const published = (slug: string, version = "1.0.0") =>
  `"status":"published","slug":"${slug}","namespace":"acme","version":"${version}"`;

test.each([
  [
    "docs/guide/connectors.md",
    [
      published("repos"),
      '"data":"octocat/Hello-World"',
      published("chat"),
      '"name":"default"',
      '"text":"Hello"',
      published("alerts"),
      '"name":"ALERTS_KEY"',
      '"text":"The tank is full","team":"everybody"',
    ],
  ],
  [
    "docs/guide/registry.md",
    [
      published("tides"),
      '"at":"2030-01-01T12:25:00.000Z"',
      '"status":"updated","slug":"tides","namespace":"acme","version":"1.1.0"',
      '"previous_version":"1.0.0"',
      '"status":"installed","slug":"tides","namespace":"acme","version":"1.1.0","range":"^1.0"',
      published("tides", "1.2.0"),
      '"signed":true,"valid":true',
    ],
  ],
])("who follows %s to the letter gets what it says", async (guide, parts) => {
  const stdout = await follow(guide);
  for (const part of parts) expect(stdout).toContain(part);
  expect(stdout).not.toContain('"status":"error"');
});

test("the workflow of the guide is accepted once the weather connector is there", async () => {
  await publish("/connectors", readFileSync(join(ROOT, "examples/weather/connector.yaml"), "utf8"));
  const [workflow = ""] = blocksOf("docs/guide/workflows.md", "yaml");
  expect(await publish("/workflows", workflow)).toMatchObject({ status: "published", slug: "weather-report" });
});
