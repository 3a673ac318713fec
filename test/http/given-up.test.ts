import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import { readConnector } from "../../connectors/manifest/read-connector.ts";
import { seal } from "../../vault/vault.ts";
import { callOf, CONTEXT, httpCall, type HttpPlugin, MASTER_KEY, startHttpPlugin } from "./http-plugin.ts";

/*
 * What becomes of a call whose time is over, at the service that it went to: it is not told to stop, unless it holds a place, for the
 * runtime ends what an invocation left under way as soon as it has answered. That nothing leaves until then is shown where nothing
 * ends by itself: `connectors/attempt/attempt-time.test.ts`.
 */

interface Seen {
  path: string;
  closedMs?: number;
  /** It has been answered, later than anybody waited. */
  late?: boolean;
}

const seen: Seen[] = [];
/** Within it each call has to reach the service, however slow the machine is. */
const LIMIT_MS = 4_000;
const LATE_MS = 6_000;

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const url = new URL(request.url ?? "/", "http://service");
  const one: Seen = { path: url.pathname + url.search };
  const began = performance.now();
  seen.push(one);
  request.socket.once("close", () => {
    one.closedMs = performance.now() - began;
  });
  const late = (answer: () => void) =>
    setTimeout(() => {
      answer();
      one.late = true;
    }, LATE_MS);
  const json = (body: unknown, headers = {}) =>
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  switch (url.pathname) {
    case "/silent":
      return;
    case "/endless":
      response.writeHead(200, { "content-type": "application/json" }).write("[1");
      return;
    case "/pages":
      late(() => json([1], { link: `</pages?page=2>; rel="next"` }));
      return;
    case "/moved":
      late(() => response.writeHead(307, { location: "/landed" }).end());
      return;
    default:
      json({});
  }
});

let plugin: HttpPlugin;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  plugin = await startHttpPlugin({ hosts: { "service:8080": `127.0.0.1:${port}` } });
  // What is shown is of calls that reached the service within their time: the first one of all may take longer.
  await plugin.http("get", { url: "http://service:8080/ok" });
});
afterAll(async () => {
  await plugin?.stop();
  server.closeAllConnections();
  server.close();
});

const from = (path: string) => seen.filter((one) => one.path.startsWith(path));
/** Until the service has answered, and long enough for what that might lead to. */
async function answeredLate(path: string): Promise<void> {
  await expect.poll(() => from(path)[0]?.late).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}
const call = (path: string, more = {}) => plugin.http("get", { url: `http://service:8080${path}`, ...more }, LIMIT_MS);

test.each(["/silent", "/endless"])(
  "the connection of %s is closed, long before the service would give up",
  async (path) => {
    expect(await call(path)).toMatchObject({ ok: false, error: { code: "TIMEOUT" }, outcomeUnknown: true });
    await expect.poll(() => from(path)[0]?.closedMs).toBeGreaterThan(0);
  },
);

test("the same from the isolate of an isolated execution", async () => {
  const asked = httpCall("get", { url: "http://service:8080/silent?isolated" }, LIMIT_MS);
  const result = await plugin.invoke(asked, { context: { isolated: true } });
  expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT" }, outcomeUnknown: true });
  await expect.poll(() => from("/silent?isolated")[0]?.closedMs).toBeGreaterThan(0);
});

test("the place that it held is free again at once, however long its step may take", async () => {
  const { manifest } = readConnector(
    `connector: {name: counted, namespace: acme, version: 1.0.0}
auth: {type: bearer}
actions:
  - {name: ask, handler: {http: {style: direct, method: GET, url: "http://service:8080/silent?held"}}}`,
    "yaml",
  );
  const pinned = manifest && pinAction(manifest, "ask");
  if (pinned === undefined) throw new Error("no such action");
  const place = { tenantId: CONTEXT.tenantId, purpose: "connection", id: "con_counted" };
  await plugin.putConnection({
    id: place.id,
    connector: "acme/counted",
    name: "default",
    type: "BEARER",
    config: { concurrent: 1 },
    sealed: await seal(MASTER_KEY, place, JSON.stringify({ token: "token-of-counted" })),
  });
  const asked = () => ({
    ...callOf({ ...pinned, digest: "sha256-counted" }, {}, LIMIT_MS),
    deadline: Date.now() + 60_000,
  });
  for (const turn of [1, 2]) {
    expect(await plugin.invoke(asked())).toMatchObject({ ok: false, error: { code: "TIMEOUT" }, outcomeUnknown: true });
    expect(from("/silent?held")).toHaveLength(turn);
  }
});

test("no further page is asked for by an answer that comes too late", async () => {
  const result = await call("/pages", { pagination: { type: "link" } });
  expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT" } });
  await answeredLate("/pages");
  expect(from("/pages").map(({ path }) => path)).toEqual(["/pages"]);
});

test("no redirect is followed that comes too late", async () => {
  expect(await call("/moved")).toMatchObject({ ok: false, error: { code: "TIMEOUT" } });
  await answeredLate("/moved");
  expect(from("/landed")).toEqual([]);
});
