import { createServer, type Server } from "node:http";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CuttingProxy } from "./cutting-proxy.ts";
import { idsOf, wholeLog } from "./event-stream.ts";
import { eventually } from "./eventually.ts";
import { publishFlaky } from "./flaky-connector.ts";
import { type Json, parseJson } from "./json.ts";
import { EVENT_TYPES, streamToken, ticking } from "./stream-token.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

/** A page of somebody else: follows both ways, and shows the ids that came when both are over. */
const PAGE = `<!doctype html><title>A page of somebody else</title><script>
async function follow(events, stream, types) {
  const byEvents = new Promise((resolve) => {
    const ids = [];
    const source = new EventSource(events);
    for (const type of types) source.addEventListener(type, (event) => ids.push(Number(event.lastEventId)));
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) resolve(ids); };
  });
  const bySocket = new Promise((resolve) => {
    const ids = [];
    const socket = new WebSocket(stream);
    socket.onmessage = ({ data }) => ids.push(JSON.parse(data).id);
    socket.onclose = () => resolve(ids);
  });
  return JSON.stringify({ events: await byEvents, socket: await bySocket });
}
</script>`;

describe("a real browser", () => {
  let browser: Browser | undefined;
  let server: Server | undefined;
  let origin = "";

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    origin = `http://localhost:${typeof address === "object" ? address?.port : 0}`;
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** What a page of our origin saw of a run, by EventSource and by WebSocket. */
  async function seen(base: string, id: string, ticket: string): Promise<Json | undefined> {
    const page = await browser?.newPage();
    if (page === undefined) throw new Error("no browser");
    await page.goto(origin);
    const run = `/workflows/executions/${id}`;
    const urls = [`${base}${run}/events?token=${ticket}`, `${base.replace("http", "ws")}${run}/stream?token=${ticket}`];
    const args = [...urls, EVENT_TYPES].map((value) => JSON.stringify(value)).join(", ");
    const result = String(await page.evaluate(`follow(${args})`));
    await page.close();
    return parseJson(result);
  }

  test("on a page of another origin follows a run by EventSource and WebSocket, with a stream token", async () => {
    const id = await outside.api.begin(ticking());
    const { token } = await streamToken(outside.api, { execution_id: id, origins: [origin] });
    const result = await seen(outside.api.baseUrl, id, token);
    const events = idsOf(await wholeLog(outside.api, id));
    expect(result).toEqual({ events, socket: events });
  });

  test("whose connection is cut comes back by itself, and has every event once", async () => {
    const proxy = await CuttingProxy.start(outside.api.baseUrl);
    const id = await outside.api.begin(ticking(50, 100));
    const { token } = await streamToken(outside.api, { execution_id: id, origins: [origin], ttl: "2m" });
    const cut = (async () => {
      await eventually(async () => proxy.count >= 2);
      await new Promise((resolve) => setTimeout(resolve, 800));
      proxy.cut();
    })();
    const result = await seen(proxy.url, id, token);
    await cut;
    await proxy.stop();
    expect(result).toMatchObject({ events: idsOf(await wholeLog(outside.api, id)) });
    expect(proxy.count).toBeGreaterThanOrEqual(3);
  }, 60_000);

  test("on a page that the token does not name sees nothing", async () => {
    const id = await outside.api.begin(ticking());
    const { token } = await streamToken(outside.api, { execution_id: id, origins: ["https://elsewhere.example"] });
    expect(await seen(outside.api.baseUrl, id, token)).toEqual({ events: [], socket: [] });
    expect(await outside.api.finished(id)).toMatchObject({ status: "completed" });
  });

  test("with the API key in the URL sees nothing", async () => {
    const id = await outside.api.begin(ticking(2));
    expect(await seen(outside.api.baseUrl, id, outside.api.key)).toEqual({ events: [], socket: [] });
    await outside.api.finished(id);
  });
});
