import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { claimPort } from "../../scripts/platform/claim-port.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { runInline, send } from "./api-client.ts";

/*
 * The http plugin in an isolate of its own does what the shared one does: it has neither the master key nor the network of
 * its Worker, so what it looks up and where it goes is asked for.
 */

const SECRET = "canary-isolated-3391";
let service: Server;
let platform: TestPlatform;
/** Milliseconds after which a caller of `/endless` went away. */
const abandoned: number[] = [];
/** Whether `/canary`, which no rule lets anyone reach, was reached. */
let canary = 0;

function serve(): Server {
  return createServer((request, response) => {
    const began = performance.now();
    response.sendDate = false;
    if (request.url === "/reset") request.socket.destroy();
    else if (request.url === "/canary") canary += 1;
    else if (request.url === "/endless") response.on("close", () => abandoned.push(performance.now() - began));
    else if (request.url === "/busy") response.writeHead(503, { "content-type": "text/plain" }).end("busy");
    else if (request.url === "/redirect") response.writeHead(302, { location: "/json" }).end();
    else if (request.url === "/inward")
      response.writeHead(302, { location: `http://127.0.0.1:${portOf(service)}/canary` }).end();
    else if (request.url === "/gzip")
      response
        .writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" })
        .end(gzipSync("compressed ".repeat(100)));
    else {
      const names = Object.keys(request.headers).sort();
      const body = {
        method: request.method,
        names,
        key: request.headers["x-key"],
        known: request.headers["x-key"] === SECRET,
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    }
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  service = serve();
  await new Promise<void>((listening) => service.listen(0, "127.0.0.1", listening));
  platform = await startTestPlatform({
    services: false,
    hosts: { "service:8080": `127.0.0.1:${portOf(service)}`, "nobody:8080": `127.0.0.1:${await claimPort(0)}` },
  });
  await send(platform, "PUT", "/secrets/KEY", { value: SECRET });
});
afterAll(async () => {
  await platform?.close();
  service?.closeAllConnections();
  service?.close();
});

const get = (id: string, url: string, more: object = {}) => ({
  id,
  connector: "connector:community/http",
  action: "get",
  input: { url, ...more },
  retry: { max_attempts: 1 },
  continue_on_error: true,
});
const DEFINITION = {
  name: "everything over http",
  steps: [
    get("json", "http://service:8080/json"),
    get("secret", "http://service:8080/json", { headers: { "X-Key": "{{ secrets.KEY }}" } }),
    get("gzip", "http://service:8080/gzip"),
    get("busy", "http://service:8080/busy"),
    get("redirect", "http://service:8080/redirect"),
    get("inward", "http://service:8080/inward"),
    get("loopback", "http://127.0.0.1:1/"),
    get("reset", "http://service:8080/reset"),
    get("nobody", "http://nobody:8080/"),
    { ...get("endless", "http://service:8080/endless"), timeout: 1 },
  ],
};

/** What a step came to, without what differs from run to run. */
function outcomes({ steps }: ExecutionRecord): object[] {
  return steps.map(({ id, status, output, error }) => {
    const { elapsed_ms: _elapsed, ...details } = error?.details ?? {};
    return { id, status, output, error: error && { ...error, details } };
  });
}

test("in an isolate of its own the http plugin answers, fails and refuses as it does in the shared one", async () => {
  const shared = await runInline(platform, DEFINITION, "async");
  const isolated = await runInline(platform, DEFINITION, "isolated");
  expect(outcomes(isolated)).toEqual(outcomes(shared));

  const step = (id: string) => isolated.steps.find((one) => one.id === id);
  expect(step("secret")?.output).toMatchObject({ body: { known: true } });
  expect(JSON.stringify(isolated)).not.toContain(SECRET);
  expect(step("inward")?.error).toMatchObject({ code: "FORBIDDEN", details: { reason: "egress" } });
  expect(canary).toBe(0);
  expect(step("endless")?.error).toMatchObject({ code: "TIMEOUT" });
  await expect.poll(() => abandoned.length, { timeout: 2_000 }).toBe(2);
  expect(Math.max(...abandoned), "a call that timed out is broken off").toBeLessThan(2_000);

  const isolates = new Set(isolated.steps.map(({ isolate }) => isolate));
  expect([...isolates]).toEqual([expect.any(String)]);
  expect(shared.steps.filter(({ isolate }) => isolate !== undefined)).toEqual([]);
  const another = await runInline(platform, { name: "x", steps: [DEFINITION.steps[0]] }, "isolated");
  expect(isolates.has(another.steps[0]?.isolate)).toBe(false);
});
