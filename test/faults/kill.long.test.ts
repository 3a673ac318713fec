import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { COUNTING_CONNECTOR, COUNTING_WORKFLOWS, CountingService } from "./counting-service.ts";

/*
 * kill -9 of the whole platform, again and again, under load: nothing accepted is lost, no step is recorded twice, and nobody
 * ever saw what a kill took back. The calls are counted by a service that knows nothing of the platform.
 */

const KILLS = Number(process.env.KILLS ?? 20);
const EXECUTIONS = Number(process.env.EXECUTIONS ?? 520);
const IN_FLIGHT_AT_KILL = 16;
const WORKFLOWS = ["chain", "fan", "retrying", "branching"];

let service: CountingService;
let platform: Platform;
let apiKey: string;
const dataDir = mkdtempSync(join(tmpdir(), "smartify-kill-"));

async function boot(): Promise<void> {
  platform = await startPlatform({ dataDir, hosts: { "counting-service:9000": service.address } });
}

async function send(
  method: string,
  path: string,
  body?: string | object,
  headers: Record<string, string> = {},
): Promise<Response> {
  const type = typeof body === "string" ? "application/yaml" : "application/json";
  return fetch(platform.url + path, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { "content-type": type }), ...headers },
    body: typeof body === "object" ? JSON.stringify(body) : body,
    signal: AbortSignal.timeout(30_000),
  });
}

beforeAll(async () => {
  service = await CountingService.start();
  await boot();
  const created = await fetch(`${platform.url}/internal/tenants`, {
    method: "POST",
    headers: { authorization: `Bootstrap ${platform.bootstrapToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Kill" }),
  });
  apiKey = ((await created.json()) as { api_key: string }).api_key;
  expect((await send("POST", "/plugins", COUNTING_CONNECTOR)).status).toBe(201);
  expect((await send("POST", "/workflows", COUNTING_WORKFLOWS)).status).toBe(201);
});

afterAll(async () => {
  await platform?.kill();
  service?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts execution `n`; repeats with the same Idempotency-Key until it is accepted. */
async function start(n: number): Promise<string> {
  const workflow = WORKFLOWS[n % WORKFLOWS.length];
  const mode = n % 25 === 24 ? "isolated" : "async";
  for (;;) {
    const answer = await send(
      "POST",
      "/workflows/executions",
      { workflow, execution_mode: mode },
      { "idempotency-key": `run-${n}` },
    )
      .then(async (response) => ({
        status: response.status,
        body: (await response.json()) as { execution_id: string },
      }))
      .catch(() => undefined);
    if (answer?.status === 202) return answer.body.execution_id;
    if (answer && answer.status < 500) throw new Error(`start ${n}: ${answer.status} ${JSON.stringify(answer.body)}`);
    await sleep(50);
  }
}

async function record(id: string): Promise<ExecutionRecord | undefined> {
  const response = await send("GET", `/workflows/executions/${id}`).catch(() => undefined);
  if (!response || response.status >= 500) return undefined;
  expect(response.status, id).toBe(200);
  return (await response.json()) as ExecutionRecord;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const terminal = (status: string): boolean => ["completed", "failed", "canceled", "timed_out"].includes(status);

/** What a poller was shown of a step: it must still stand in the end. */
const shown = new Map<string, string>();

function remember(seen: ExecutionRecord): void {
  for (const { path, status, output } of seen.steps) {
    if (status !== "completed") continue;
    const key = `${seen.execution_id} ${path}`;
    const text = JSON.stringify(output);
    expect(shown.get(key) ?? text, `what a poller saw of ${key}`).toBe(text);
    shown.set(key, text);
  }
}

/** Executions that have a call open at the service at this moment. */
function inFlight(): number {
  return new Set(service.calls.filter(({ answered }) => !answered).map(({ execution }) => execution)).size;
}

test(`kill -9 under load, ${KILLS} times: ${EXECUTIONS} executions end right, each step recorded once`, async () => {
  const accepted = new Map<number, string>();
  const ended = new Set<string>();
  let next = 0;
  let over = false;
  let released = 0;
  const starters = Array.from({ length: 24 }, async () => {
    while (next < EXECUTIONS) {
      const n = next++;
      const [id, again] = await Promise.all([start(n), n % 3 === 0 ? start(n) : undefined]);
      accepted.set(n, id);
      expect(again ?? id, "one key, one execution").toBe(id);
      while (!over && accepted.size > released) await sleep(10);
    }
  });
  const poller = (async () => {
    while (!over) {
      const open = [...accepted.values()].filter((id) => !ended.has(id));
      const id = open[Math.floor(Math.random() * open.length)];
      const seen = id === undefined ? undefined : await record(id);
      if (seen) {
        remember(seen);
        if (terminal(seen.status)) ended.add(seen.execution_id);
      }
      await sleep(2);
    }
  })();

  const flights: number[] = [];
  for (let kill = 1; kill <= KILLS; kill++) {
    released = (kill / KILLS) * EXECUTIONS;
    await sleep(Math.random() * 150);
    // On a fast machine a share would have ended before it is seen, on a slow one only a few would run at once.
    service.hold();
    const deadline = Date.now() + 120_000;
    while (inFlight() < IN_FLIGHT_AT_KILL && Date.now() < deadline) await sleep(1);
    flights.push(inFlight());
    await platform.kill();
    service.letGo();
    await boot();
  }
  await Promise.all(starters);
  const ids = [...accepted.values()];
  const deadline = Date.now() + 240_000;
  while (ended.size < ids.length && Date.now() < deadline) {
    for (const id of ids) {
      if (ended.has(id)) continue;
      const seen = await record(id);
      if (seen) remember(seen);
      if (seen && terminal(seen.status)) ended.add(id);
    }
    await sleep(200);
  }
  over = true;
  await poller;

  expect(new Set(ids).size).toBe(EXECUTIONS);
  const unfinished = ids.filter((id) => !ended.has(id));
  expect(unfinished).toEqual([]);
  for (const id of ids) await audit(id);
  // Nobody else's executions, and none twice, reached the service.
  const known = new Set(ids);
  expect(service.calls.filter(({ execution }) => !known.has(execution))).toEqual([]);
  const repeated = service.calls.length - new Set(service.calls.map(({ key, attempt }) => `${key}#${attempt}`)).size;
  console.log(
    `${EXECUTIONS} executions, ${KILLS} kills, in flight at each: ${flights.join(" ")}; ${service.calls.length} calls, ${repeated} repeated`,
  );
  expect(Math.min(...flights)).toBeGreaterThanOrEqual(IN_FLIGHT_AT_KILL);
}, 1_800_000);

async function audit(id: string): Promise<void> {
  const final = await record(id);
  if (!final) throw new Error(`${id} cannot be read`);
  expect(final.status, `${id}: ${JSON.stringify(final.error)}`).toBe("completed");
  remember(final);
  const paths = final.steps.map(({ path }) => path);
  expect(new Set(paths).size, "each step is recorded once").toBe(paths.length);
  const calls = service.calls.filter(({ execution }) => execution === id);
  const keys = new Map<string, string>();
  for (const call of calls) {
    const nonces = calls.filter(({ key }) => key === call.key).map(({ nonce }) => nonce);
    keys.set(call.key, nonces.join(" "));
    // An input that names an earlier result names the one that was recorded, and always the same one.
    const after = String(call.input.after ?? "");
    if (after.includes("-")) expect(outputs(final)).toContain(after);
  }
  const recorded = final.steps.filter(({ output, type }) => type === "action" && isNonce(output));
  expect(keys.size, "one idempotency key for each recorded call").toBe(recorded.length);
  for (const { output } of recorded) {
    const nonce = (output as { nonce: string }).nonce;
    expect(
      [...keys.values()].filter((nonces) => nonces.includes(nonce)),
      "a recorded result was answered once",
    ).toHaveLength(1);
  }
}

function outputs(final: ExecutionRecord): string[] {
  return final.steps.flatMap(({ output }) => (isNonce(output) ? [output.nonce] : []));
}

function isNonce(output: unknown): output is { nonce: string } {
  return typeof output === "object" && output !== null && "nonce" in output;
}
