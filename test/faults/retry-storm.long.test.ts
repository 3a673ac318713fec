import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../platform/api-client.ts";
import { authorized, until } from "../streams/event-reader.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/*
 * F38: a service that is down when a thousand executions call it. Their retries come spread, not as one wave after another, and
 * when it is back each execution ends with one result.
 */

const EXECUTIONS = Number(process.env.EXECUTIONS ?? 1_000);
const DOWN_MS = 10_000;
/** No half of the retries comes within so long. */
const BIN_MS = 50;

const CONNECTOR = `
connector:
  type: connector
  kind: http
  name: stormy
  namespace: community
  version: 1.0.0
  displayName: Stormy
  description: Is down at first
  runtime: {resources: {concurrent: 100}}
actions:
  - name: call
    description: Answers when it is up
    handler: {http: {style: direct, method: POST, url: "http://stormy-service:9000/call", body: {n: "\${input.n}"}}}
`;

const WORKFLOW = {
  name: "storm",
  inputs: { n: { type: "integer" } },
  steps: [
    {
      id: "call",
      connector: "connector:community/stormy@1.0.0",
      action: "call",
      input: { n: "{{ inputs.n }}" },
      retry: { max_attempts: 9, backoff: "exponential", initial_delay_ms: 500, max_delay_ms: 4_000 },
    },
  ],
};

interface Ended {
  status: string;
  steps: { status: string }[];
}

let server: Server;
let platform: TestPlatform;
/** When calls came, and which of them were answered well. */
const arrivals: number[] = [];
const served: number[] = [];
let downUntil = Number.POSITIVE_INFINITY;

beforeAll(async () => {
  server = createServer((request, response) => {
    const now = Date.now();
    if (arrivals.length === 0) downUntil = now + DOWN_MS;
    arrivals.push(now);
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      if (now < downUntil) return response.writeHead(503).end();
      const { n } = JSON.parse(body) as { n: number };
      served.push(Number(n));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ n }));
    });
  });
  // The platform ends what is idle: a call that met the closing of its connection would not be tried again.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const limits = { requests_per_second: 5_000, requests_burst: 10_000, concurrent_executions: 2_000 };
  const ofKey = { key_requests_per_second: 5_000, key_requests_burst: 10_000 };
  platform = await startTestPlatform({
    services: false,
    hosts: { "stormy-service:9000": `127.0.0.1:${(server.address() as AddressInfo).port}` },
    vars: { DEFAULT_LIMITS: JSON.stringify({ ...limits, ...ofKey }) },
  });
});
afterAll(async () => {
  await platform?.close();
  server?.closeAllConnections();
  server?.close();
});

/** How long each of its failures waited for the next try, as its log says. */
async function delaysOf(id: string): Promise<number[]> {
  const { data } = await send<{ data: { type: string; timestamp: string; data: { due?: number } }[] }>(
    platform,
    "GET",
    `/workflows/executions/${id}/history`,
  );
  return data.flatMap(({ type, timestamp, data: { due } }) =>
    type === "step.retrying" && due !== undefined ? [due - Date.parse(timestamp)] : [],
  );
}

test(`the retries of ${EXECUTIONS} executions that fail at once are spread, and all end well`, {
  timeout: 600_000,
}, async () => {
  const published = await fetch(`${platform.url}/plugins`, {
    method: "POST",
    headers: { ...authorized(platform), "content-type": "application/yaml" },
    body: CONNECTOR,
  });
  expect(published.status, await published.text()).toBe(201);
  const items = Array.from({ length: EXECUTIONS }, (_, n) => ({ definition: WORKFLOW, inputs: { n } }));
  const { data } = await send<{ data: { execution_id: string }[] }>(platform, "POST", "/workflows/executions/batch", {
    items,
  });
  const ids = data.map(({ execution_id }) => execution_id);
  expect(new Set(ids).size, JSON.stringify(data[0])).toBe(EXECUTIONS);

  const completed = async (): Promise<boolean> => {
    const { data: open } = await send<{ data: unknown[] }>(
      platform,
      "GET",
      "/workflows/executions?status=running&limit=1",
    );
    return served.length >= EXECUTIONS && open.length === 0;
  };
  await until("all of them to be served", completed, 360_000);
  expect(new Set(served).size, "each was answered").toBe(EXECUTIONS);
  expect(served.length, "and once").toBe(EXECUTIONS);
  const ends = await Promise.all(
    ids.slice(0, 50).map((id) => send<Ended>(platform, "GET", `/workflows/executions/${id}`)),
  );
  for (const { status, steps } of ends) expect([status, steps[0]?.status]).toEqual(["completed", "completed"]);

  // Had all of them failed in one instant: what spreads their retries then is the policy alone, however they were started here.
  const delays = await Promise.all(ids.slice(0, 50).map((id) => delaysOf(id)));
  for (const retry of [0, 1, 2]) {
    const due = delays.map((own) => own.slice(0, retry + 1).reduce((sum, ms) => sum + ms, 0));
    const bins = new Map<number, number>();
    for (const ms of due) bins.set(Math.floor(ms / BIN_MS), (bins.get(Math.floor(ms / BIN_MS)) ?? 0) + 1);
    expect(Math.max(...bins.values()), `retry ${retry + 1} of 50 within ${BIN_MS} ms: ${due.join(" ")}`).toBeLessThan(
      25,
    );
  }

  // Retries alone: the first thousand calls came as fast as they were started.
  const retries = arrivals.slice(EXECUTIONS);
  const first = retries[0] ?? 0;
  const seconds = new Map<number, number>();
  for (const at of retries) {
    const second = Math.floor((at - first) / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  const most = Math.max(...seconds.values());
  const mean = retries.length / seconds.size;
  console.log(`${retries.length} retries in ${seconds.size} s: ${Math.round(mean)} a second, at most ${most}`);
  // A mean over a long tail says little of the storm: no third of them in one second.
  expect(most).toBeLessThan(retries.length / 3);
});
