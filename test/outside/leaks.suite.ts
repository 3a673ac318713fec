import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { EventStream } from "./event-stream.ts";
import { eventually } from "./eventually.ts";
import { publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, read, readList, readText } from "./json.ts";
import { PlatformSocket } from "./platform-socket.ts";
import { SERVICE_HOST, usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const PLANTED = `pl4nted-${randomUUID()}`;
const NAME = `PLANTED_${Date.now()}`;
const FORMS = [
  PLANTED,
  PLANTED.toUpperCase(),
  Buffer.from(PLANTED).toString("base64"),
  PLANTED.slice(8),
  PLANTED.slice(0, 30),
];
const key = randomUUID();
const workflow = `planted-${Date.now()}`;

/** Everything that could show it, by where it was seen. */
const seen = new Map<string, string>();
let id = "";

beforeAll(async () => {
  const { api, service } = outside;
  await publishFlaky(api);
  expect((await api.request("PUT", `/secrets/${NAME}`, { json: { value: PLANTED } })).status).toBe(200);
  const hook = await api.post("/webhooks/endpoints", {
    url: `http://${SERVICE_HOST}/hook?key=${key}-hook`,
    event_types: ["step.*", "workflow.*", "log"],
  });
  const asked = (more: string): JsonMap => ({
    connector: "connector:community/http@1.0.0",
    action: "request",
    input: {
      url: `http://${SERVICE_HOST}/echo?key=${key}${more}`,
      method: "GET",
      headers: { "X-Token": `{{ secrets.${NAME} }}` },
    },
  });
  const echo = { got: PLANTED, nested: [{ deep: `<${PLANTED}>` }], base64: Buffer.from(PLANTED).toString("base64") };
  service.script(key, { body: echo, headers: { "x-echo": PLANTED } });
  // The one that fails is told again, with what it was told in its error.
  service.script(`${key}-bad`, { status: 503, body: echo }, { status: 400, text: `no ${PLANTED}` });
  service.script(`${key}-callback`, { status: 500, text: "later" });
  const tenantWide = await EventStream.open(api, `/events/stream?workflow=${workflow}`);
  const definition: JsonMap = {
    name: workflow,
    steps: [
      { id: "good", ...asked("") },
      { id: "wait", type: "wait", until: { event: "go" } },
      { id: "bad", ...asked("-bad"), retry: { max_attempts: 2, initial_delay_ms: 20 } },
    ],
    outputs: { all: "{{ steps.good.output }}", text: "got {{ steps.good.output.body.got }}" },
  };
  id = await api.begin(definition, {}, { callback_url: `http://${SERVICE_HOST}/callback?key=${key}-callback` });
  const path = `/workflows/executions/${id}`;
  const stream = await EventStream.open(api, `${path}/events`);
  const socket = await PlatformSocket.opened(api, `${path}/stream`);
  await api.waiting(id, "event");
  await api.act(id, "events", { name: "go" });
  seen.set("the record", JSON.stringify(await api.finished(id)));
  seen.set("SSE", JSON.stringify(await stream.until()));
  await socket.closed;
  seen.set("the WebSocket", JSON.stringify(socket.messages));
  seen.set("the tenant's stream", JSON.stringify(await tenantWide.until(({ event }) => event === "workflow.failed")));
  tenantWide.close();
  const came = (): number => service.calls(`${key}-hook`).length;
  await eventually(async () => came() >= 8 && service.calls(`${key}-callback`).length > 0, 4);
  seen.set(
    "webhooks",
    service
      .calls(`${key}-hook`)
      .map(({ text, headers }) => text + JSON.stringify(headers))
      .join(),
  );
  seen.set(
    "the callback",
    service
      .calls(`${key}-callback`)
      .map(({ text }) => text)
      .join(),
  );
  const deliveries = await api.get(`/webhooks/deliveries?execution=${id}&limit=100`);
  const rows = readList(deliveries.body, "data").map((row) => readText(row, "id"));
  const details = await Promise.all(rows.map((row) => api.get(`/webhooks/deliveries/${row}`)));
  seen.set("the delivery log", deliveries.text + details.map(({ text }) => text).join());
  for (const [where, url] of [
    ["the log by pages", `${path}/events?wait=0`],
    ["log lines", `${path}/logs`],
    ["a step", `${path}/steps/good`],
    ["a failed step", `${path}/steps/bad`],
    ["the list", `/workflows/executions?workflow=${workflow}`],
    ["a search", `/workflows/executions?q=${PLANTED.slice(0, 20)}`],
    ["usage", "/usage?group_by=workflow"],
    ["usage as CSV", "/usage?group_by=workflow&format=csv"],
    ["metrics", "/metrics"],
    ["the audit", "/audit?limit=100"],
    ["triggers", "/triggers"],
    ["the secret's own row", `/secrets/${NAME}`],
  ] as const) {
    const answer = await api.get(url);
    expect([where, answer.status]).toEqual([where, 200]);
    seen.set(where, answer.text + JSON.stringify([...answer.headers]));
  }
  await api.request("DELETE", `/webhooks/endpoints/${readText(hook.body, "id")}`);
}, 60_000);

describe("a secret that was sent, came back and stood in an error", () => {
  test("did arrive where it was to, each time", () => {
    for (const name of [key, `${key}-bad`]) {
      expect(outside.service.calls(name).map(({ headers }) => headers["x-token"])).toContain(PLANTED);
    }
    expect(outside.service.calls(`${key}-bad`)).toHaveLength(2);
  });

  test.each([
    ["the record", "***"],
    ["SSE", "***"],
    ["the WebSocket", "***"],
    ["the tenant's stream", "***"],
    ["the log by pages", "***"],
    ["webhooks", "***"],
    ["the delivery log", "***"],
    ["a step", "***"],
    ["the callback", "failed"],
    ["a failed step", "failed"],
    ["log lines", "data"],
    ["the list", workflow],
    ["a search", "data"],
    ["usage", workflow],
    ["usage as CSV", workflow],
    ["metrics", workflow],
    ["the audit", NAME],
    ["triggers", "data"],
    ["the secret's own row", NAME],
  ])("is nowhere in %s, which shows %s", (where, shown) => {
    const text = seen.get(where) ?? "";
    expect(text).toContain(shown);
    for (const form of FORMS) expect(text).not.toContain(form);
  });

  test("is found by no search", async () => {
    const answer = await outside.api.get(`/workflows/executions?q=${PLANTED}`);
    expect(readList(answer.body, "data")).toEqual([]);
    expect(read(answer.body, "has_more")).toBe(false);
  });
});
