import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimPort } from "../../scripts/platform/claim-port.ts";
import { type Acts, actsOf } from "./acts.ts";
import {
  arrived,
  callerOf,
  eventually,
  GOOD,
  headersOf,
  startWorld,
  verdicts,
  type WebhookWorld,
} from "./webhook-world.ts";

let world: WebhookWorld;
let call: ReturnType<typeof callerOf>;
let run: Acts["run"];
let endpoint: Acts["endpoint"];

beforeAll(async () => {
  world = await startWorld();
  call = callerOf(world.platform);
  ({ run, endpoint } = actsOf(call));
});
afterAll(() => world?.stop());

test("the receiver of the guide verifies what it is sent, refuses what is forged, and notes each event once", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/webhooks.md"), "utf8");
  const code = /```js\n(.*?)```/s.exec(guide)?.[1] ?? "";
  const port = await claimPort(0);
  const { secret, id } = await endpoint("", ["workflow.completed"], { url: `http://127.0.0.1:${port}/hook` });
  const program = code.replace("8090", String(port));
  const receiver = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, WEBHOOK_SECRET: secret },
    cwd: join(import.meta.dirname, "../.."),
  });
  let printed = "";
  receiver.stdout.on("data", (data) => {
    printed += String(data);
  });
  try {
    const knock = () => fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" }).then(({ status }) => status);
    await eventually(async () => (await knock().catch(() => 0)) === 400);
    expect(await knock()).toBe(400);
    const execution = await run();
    const delivered = async () =>
      (await call("GET", `/webhooks/deliveries?endpoint=${id}&status=delivered`)).body.data.length === 1;
    await eventually(delivered);
    await call("POST", `/webhooks/endpoints/${id}/resend`, { since: "2026-01-01T00:00:00Z" });
    await eventually(
      async () => (await call("GET", `/webhooks/deliveries?endpoint=${id}`)).body.data[0].attempts === 2,
    );
    expect(printed).toBe(`workflow.completed ${execution}\n`);
  } finally {
    receiver.kill();
    await call("DELETE", `/webhooks/endpoints/${id}`);
  }
});

describe("deliveries", () => {
  test("a test event is sent at once and answered with what came of it, without signature or secret", async () => {
    const { id, secret } = await endpoint("/test", ["log"]);
    const good = await call("POST", `/webhooks/endpoints/${id}/test`);
    expect(good.body).toMatchObject({
      endpoint_id: id,
      event_type: "webhook.test",
      status: "delivered",
      attempts: 1,
      log: [{ number: 1, response: { status: 200 }, error: null }],
    });
    const [received] = world.receiver.calls("/test");
    expect(verdicts(secret, received?.text ?? "", headersOf(received))).toEqual(GOOD);
    expect(good.body.request.body).toBe(received?.text);
    world.receiver.script("/test", { status: 500, text: `${secret} ${"x".repeat(20_000)}` });
    const bad = await call("POST", `/webhooks/endpoints/${id}/test`);
    expect(bad.body).toMatchObject({ status: "failed", reason: "exhausted", log: [{ response: { truncated: true } }] });
    expect(bad.body.log[0].response.body.length).toBeLessThanOrEqual(16_384);
    expect(JSON.stringify(bad.body)).not.toContain(secret.slice(6));
  });

  test("each shows its request and every answer; one is sent again, and all since a time", async () => {
    const since = new Date().toISOString();
    const { id } = await endpoint("/log", ["workflow.completed"]);
    world.receiver.script("/log", { status: 503, text: "later", headers: { "retry-after": "1" } });
    const execution = await run();
    await arrived(world.receiver, "/log", 2);
    const list = () =>
      call("GET", `/webhooks/deliveries?endpoint=${id}&status=delivered&event_type=workflow.completed`);
    await eventually(async () => (await list()).body.data.length === 1);
    const [delivery] = (await list()).body.data;
    expect(delivery).toMatchObject({ execution_id: execution, attempts: 2, url: "https://hooks.test/log" });
    const detail = (await call("GET", `/webhooks/deliveries/${delivery.id}`)).body;
    expect(detail.log).toMatchObject([
      { number: 1, response: { status: 503, body: "later", headers: { "retry-after": "1" } } },
      { number: 2, response: { status: 200 } },
    ]);
    expect(detail.request.headers["webhook-id"]).toBe(`${execution}:1:workflow.completed`);
    const again = await call("POST", `/webhooks/deliveries/${delivery.id}/resend`);
    expect(again).toMatchObject({ status: 202, body: { id: delivery.id } });
    await arrived(world.receiver, "/log", 3);
    await eventually(async () => (await list()).body.data.length === 1);
    const all = await call("POST", `/webhooks/endpoints/${id}/resend`, { since });
    expect(all).toMatchObject({ status: 202, body: { resent: 1, has_more: false, next_since: null } });
    const received = await arrived(world.receiver, "/log", 4);
    expect(new Set(received.map(({ text }) => text)).size).toBe(1);
    expect(new Set(received.map((it) => headersOf(it)["webhook-id"])).size).toBe(1);
    const none = await call("POST", `/webhooks/endpoints/${id}/resend`, { since: "2100-01-01T00:00:00Z" });
    expect(none.body).toEqual({ resent: 0, has_more: false, next_since: null });
  });

  test("come in pages, the newest first", async () => {
    const { id } = await endpoint("/pages", ["*"]);
    await run();
    await arrived(world.receiver, "/pages", 4);
    const ids: string[] = [];
    for (let cursor = ""; ; ) {
      const page = (await call("GET", `/webhooks/deliveries?endpoint=${id}&limit=3${cursor}`)).body;
      ids.push(...page.data.map((it: { id: string }) => it.id));
      if (!page.has_more) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(new Set(ids).size).toBe(4);
    for (const query of ["cursor=x", "limit=0", "status=odd", "event_type=odd"])
      expect((await call("GET", `/webhooks/deliveries?${query}`)).status, query).toBe(400);
  });

  test("killed in the middle of one, the platform sends it again, with the same id and body (F12)", async () => {
    const { id, secret } = await endpoint("/killed", ["workflow.completed"]);
    world.receiver.script("/killed", { after: 60_000 }, {});
    await run();
    const [first] = await arrived(world.receiver, "/killed", 1);
    await world.platform.restart();
    const [, second] = await arrived(world.receiver, "/killed", 2, 30);
    expect(second?.text).toBe(first?.text);
    expect(headersOf(second)["webhook-id"]).toBe(headersOf(first)["webhook-id"]);
    expect(verdicts(secret, second?.text ?? "", headersOf(second))).toEqual(GOOD);
    const list = async () => (await call("GET", `/webhooks/deliveries?endpoint=${id}`)).body.data;
    await eventually(async () => (await list())[0]?.status === "delivered");
    expect(await list()).toMatchObject([{ status: "delivered" }]);
  });
});
