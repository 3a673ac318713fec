import { createHmac, createPrivateKey, createPublicKey, verify } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { jwtVerify } from "jose";
import { Webhook } from "svix";
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
/** After how many milliseconds callers of `/endless` went away. */
const abandoned: number[] = [];
/** Whether `/canary`, which no rule lets anyone reach, was reached. */
let canary = 0;

function serve(): Server {
  return createServer((request, response) => {
    response.sendDate = false;
    if (request.url === "/reset") request.socket.destroy();
    else if (request.url === "/canary") canary += 1;
    else if (request.url === "/endless") {
      const came = performance.now();
      response.on("close", () => abandoned.push(performance.now() - came));
    } else if (request.url === "/busy") response.writeHead(503, { "content-type": "text/plain" }).end("busy");
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
  // This server never answers it: nothing but a caller that goes away ends it.
  await expect
    .poll(() => abandoned.length, { timeout: 30_000, message: "a call that timed out is broken off" })
    .toBe(2);
  expect(Math.max(...abandoned), "after its second, not at the end of something else").toBeLessThan(10_000);

  const isolates = new Set(isolated.steps.map(({ isolate }) => isolate));
  expect([...isolates]).toEqual([expect.any(String)]);
  expect(shared.steps.filter(({ isolate }) => isolate !== undefined)).toEqual([]);
  const another = await runInline(platform, { name: "x", steps: [DEFINITION.steps[0]] }, "isolated");
  expect(isolates.has(another.steps[0]?.isolate)).toBe(false);
});

/** Secrets of functions: none of their forms may stand anywhere. */
const SIGNING = {
  MAC: "canary of a mac key 7731",
  AES: Buffer.from("canary-aes-key-of-32-bytes-long!").toString("base64"),
  SEED: Buffer.from("canary-seed-of-32-bytes-for-sign").toString("base64"),
  JWT: "canary of a token key, with thirty-two bytes",
  HOOK: `whsec_${Buffer.from("canary of a webhook's key").toString("base64")}`,
};
const secret = (name: keyof typeof SIGNING) => `{{ secrets.${name} }}`;
const crypto = (id: string, action: string, input: object) => ({
  id,
  connector: "connector:community/crypto",
  action,
  input,
});
const FUNCTIONS = {
  name: "functions of secrets",
  steps: [
    crypto("hmac", "hmac", { data: "what I say", key: secret("MAC"), encoding: "hex" }),
    crypto("checked", "verify_hmac", {
      data: "what I say",
      key: secret("MAC"),
      encoding: "hex",
      signature: "{{ steps.hmac.output.hmac }}",
    }),
    crypto("sealed", "encrypt", { data: "4111 1111", key: secret("AES"), context: "order 7" }),
    crypto("decrypt", "decrypt", {
      sealed: "{{ steps.sealed.output.sealed }}",
      key: secret("AES"),
      context: "order 7",
    }),
    crypto("sign", "sign", { data: "a letter", private_key: secret("SEED"), encoding: "base64" }),
    crypto("token", "jwt_sign", { claims: { iss: "shop" }, key: secret("JWT"), algorithm: "HS256" }),
    {
      id: "hook",
      connector: "connector:community/webhook",
      action: "sign",
      input: { payload: { order: 7 }, secret: secret("HOOK") },
    },
    { ...crypto("wrong", "encrypt", { data: "x", key: secret("MAC") }), continue_on_error: true },
    { ...crypto("refused", "sign", { data: "x", private_key: secret("JWT") }), continue_on_error: true },
  ],
};

function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  return [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    bytes.toString("hex"),
    bytes.toString("base64"),
  ];
}

test("functions of a secret give the same in the shared isolate and in one of its own, and their keys stand nowhere", async () => {
  for (const [name, value] of Object.entries(SIGNING)) await send(platform, "PUT", `/secrets/${name}`, { value });
  const records = [await runInline(platform, FUNCTIONS, "async"), await runInline(platform, FUNCTIONS, "isolated")];
  const seed = Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    Buffer.from(SIGNING.SEED, "base64"),
  ]);
  const publicKey = createPublicKey(createPrivateKey({ key: seed, format: "der", type: "pkcs8" }));
  for (const record of records) {
    const output = (id: string): Record<string, string> & { headers: Record<string, string> } =>
      JSON.parse(JSON.stringify(record.steps.find((step) => step.id === id)?.output ?? {}));
    expect([record.status, record.error]).toEqual(["completed", undefined]);
    expect(output("hmac").hmac).toBe(createHmac("sha256", SIGNING.MAC).update("what I say").digest("hex"));
    expect(output("checked")).toEqual({ valid: true });
    expect(output("decrypt")).toEqual({ data: "4111 1111" });
    const signature = Buffer.from(output("sign").signature ?? "", "base64");
    expect(verify(null, Buffer.from("a letter"), publicKey, signature)).toBe(true);
    const key = new TextEncoder().encode(SIGNING.JWT);
    expect((await jwtVerify(output("token").token ?? "", key)).payload.iss).toBe("shop");
    const { headers, body = "" } = output("hook");
    expect(() => new Webhook(SIGNING.HOOK).verify(body, headers)).not.toThrow();
    expect(JSON.parse(body)).toEqual({ order: 7 });
    for (const id of ["wrong", "refused"])
      expect([id, record.steps.find((step) => step.id === id)?.error?.code]).toEqual([id, "VALIDATION"]);

    const authorization = { authorization: `Bearer ${platform.tenant.apiKey}` };
    const path = `${platform.url}/workflows/executions/${record.execution_id}`;
    const texts = await Promise.all(
      ["", "/events", "/logs", "/steps/wrong"].map(async (part) =>
        (await fetch(`${path}${part}`, { headers: authorization })).text(),
      ),
    );
    expect(texts[1]).toContain("workflow.completed");
    for (const value of Object.values(SIGNING))
      for (const form of formsOf(value)) for (const text of texts) expect(text).not.toContain(form);
  }
  const isolated = records.map(({ steps }) => steps.some(({ isolate }) => isolate !== undefined));
  expect(isolated).toEqual([false, true]);
});
