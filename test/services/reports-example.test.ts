import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { start } from "../../examples/services/reports/server.ts";
import { verify } from "../../examples/services/reports/verify.ts";
import { claimPort } from "../../scripts/platform/claim-port.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/* The example of services, which registers, verifies, answers 202 and finishes later; and the guide, followed to the letter. */

const EXAMPLES = join(import.meta.dirname, "../../examples/services/reports");
const PORT = await claimPort(0);
const HOST = "reports.example-services:8080";
/** As the guide has it. */
const GUIDE = { host: "letters.test:8080", port: await claimPort(0) };

let running: TestPlatform;
let service: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  running = await startTestPlatform({
    hosts: { [HOST]: `127.0.0.1:${PORT}`, [GUIDE.host]: `127.0.0.1:${GUIDE.port}` },
    services: false,
  });
  await publish("/connectors", "connector.yaml");
  await publish("/workflows", "workflows.yaml");
  const { url: platform, tenant } = running;
  service = await start({ port: PORT, platform, apiKey: tenant.apiKey, url: `http://${HOST}`, pageMs: 60 });
}, 120_000);

afterAll(async () => {
  await service?.close();
  await running?.close();
});

async function publish(path: string, file: string): Promise<void> {
  const response = await fetch(new URL(path, running.url), {
    method: "POST",
    headers: { "content-type": "application/yaml", authorization: `Bearer ${running.tenant.apiKey}` },
    body: readFileSync(join(EXAMPLES, file), "utf8"),
  });
  expect(response.ok, await response.text()).toBe(true);
}

async function ask(method: string, path: string, body?: object) {
  const response = await fetch(new URL(path, running.url), {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      authorization: `Bearer ${running.tenant.apiKey}`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answered: { status: string; execution_id: string; data: { type: string; percent?: number }[] } = JSON.parse(
    await response.text(),
  );
  return answered;
}

test("the example writes its report, and says how far it is", async () => {
  const body = { workflow: "quarterly-report", inputs: { title: "Fourth quarter", pages: 4 }, execution_mode: "sync" };
  const ended = await ask("POST", "/workflows/executions", body);
  expect(ended).toMatchObject({ status: "completed", result: { outputs: { text: "Fourth quarter: 4 pages" } } });
  const { data } = await ask("GET", `/workflows/executions/${ended.execution_id}/events`);
  expect(data.flatMap(({ type, percent }) => (type === "step.progress" ? [percent] : []))).toContain(100);
});

test("a call that is not signed is refused by the example", async () => {
  const call = { action: "reports.write", input: { title: "x" }, context: { idempotency_key: "k", task_token: "t" } };
  const response = await fetch(`http://127.0.0.1:${PORT}/execute`, { method: "POST", body: JSON.stringify(call) });
  expect(response.status).toBe(401);
});

/** The blocks of a language, of the guide's part for those who begin. */
function blocksOf(language: string): string[] {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/services.md"), "utf8");
  const part = guide.slice(guide.indexOf("## A first one"), guide.indexOf("## The contract"));
  return [...part.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");
}

/** Runs a shell script to its end, in `folder`; answers what it wrote. */
async function shell(script: string, folder: string): Promise<string> {
  const { BASE: _base, ...env } = process.env;
  const given = { BASE: running.url, KEY: running.tenant.apiKey, PORT: String(GUIDE.port) };
  const child = spawn("bash", ["-ec", `trap 'kill $(jobs -p) 2>/dev/null' EXIT\n${script}`], {
    cwd: folder,
    env: { ...env, ...given },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (written += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, written).toBe(0);
  return written;
}

test("who follows the guide has a service that answers at once and one that answers later", async () => {
  const folder = mkdtempSync(join(tmpdir(), "smartify-guide-"));
  try {
    const [[connector], [service], scripts] = [blocksOf("yaml"), blocksOf("js"), blocksOf("bash")];
    expect(scripts).toHaveLength(2);
    writeFileSync(join(folder, "connector.yaml"), connector ?? "");
    writeFileSync(join(folder, "service.mjs"), service ?? "");
    // A secret that is rotated while the service knows the old one: both sign.
    const rotate =
      'curl -sf -X POST $BASE/plugins/letters/signing-secret/rotate -H "Authorization: Bearer $KEY" > /dev/null';
    const unsigned = `curl -s http://127.0.0.1:${GUIDE.port}/execute -d '{"action": "letters.greet"}'`;
    const written = await shell([scripts[0], "sleep 0.5", scripts[1], rotate, scripts[1], unsigned].join("\n"), folder);
    expect(written).toContain('"status":"published"');
    expect(written).toContain('"status":"registered"');
    expect(written.split("Dear Ada,").length - 1).toBe(2);
    expect(written.split('"outputs":{"text":"3 pages"}').length - 1).toBe(2);
    expect(written).toContain("The signature is missing or wrong");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

test("a call that somebody kept is refused when it is too old, and a body that was changed at once", async () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const sign = (at: Date, body: string) => ({
    "webhook-id": "exec_1:1:it",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign("exec_1:1:it", at, body),
  });
  const fresh = sign(new Date(), "{}");
  const later = sign(new Date(Date.now() - 400_000), "{}");
  expect([verify(secret, fresh, "{}"), verify(secret, fresh, "{ }"), verify(secret, later, "{}")]).toEqual([
    true,
    false,
    false,
  ]);
  const renewed = { ...fresh, "webhook-timestamp": String(Math.floor(Date.now() / 1_000) + 1) };
  expect(verify(secret, renewed, "{}")).toBe(false);
  const two = {
    ...fresh,
    "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")} ${fresh["webhook-signature"]}`,
  };
  expect(verify(secret, two, "{}")).toBe(true);
});
