import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADD, type Acts, actsOf, FAILS } from "./acts.ts";
import { type Delivered, pythonVerdicts } from "./python-verdicts.ts";
import {
  arrived,
  callerOf,
  eventually,
  GOOD,
  headersOf,
  REFUSED,
  startWorld,
  verdicts,
  type WebhookWorld,
} from "./webhook-world.ts";
import type { ReceivedCall } from "../outside/scripted-service.ts";

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

const typesOf = (calls: ReceivedCall[]): string[] => calls.map(({ body }) => String(Object(body).type));

describe("a callback_url", () => {
  test("is told the end of the execution, signed by the tenant's secret", async () => {
    const { secret } = (await call("GET", "/webhooks/secret")).body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const id = await run({ callback_url: "https://hooks.test/callback?to=me" });
    const [received] = await arrived(world.receiver, "/callback", 1);
    expect(received?.url).toBe("/callback?to=me");
    expect(received?.body).toEqual({
      execution_id: id,
      status: "completed",
      result: { outputs: { sum: 3 } },
      run_attempt: 1,
      workflow: { name: "Sum", version: expect.any(String), slug: "sum" },
      finished_at: expect.any(String),
    });
    const headers = headersOf(received);
    expect(headers["webhook-id"]).toBe(`${id}:1:workflow.completed`);
    expect(verdicts(secret, received?.text ?? "", headers)).toEqual(GOOD);
    // What stands in a query may be a credential.
    const listed = await call("GET", `/webhooks/deliveries?execution=${id}`);
    expect(listed.body.data).toMatchObject([{ url: "https://hooks.test/callback?…", endpoint_id: null }]);
    expect(JSON.stringify(await call("GET", `/webhooks/deliveries/${listed.body.data[0].id}`))).not.toContain("to=me");
  });

  test("is told an error, also of an isolated execution, and after a rotation by both secrets", async () => {
    const before = (await call("GET", "/webhooks/secret")).body.secret;
    const rotated = await call("POST", "/webhooks/secret/rotate");
    const { secret, old_valid_until } = rotated.body;
    expect(Date.parse(old_valid_until) - Date.now()).toBeGreaterThan(86_000_000);
    expect((await call("GET", "/webhooks/secret")).body.secret).toBe(secret);
    await call("POST", "/workflows/executions", {
      definition: FAILS,
      execution_mode: "isolated",
      callback_url: "https://hooks.test/failed",
    });
    const [received] = await arrived(world.receiver, "/failed", 1);
    expect(received?.body).toMatchObject({ status: "failed", error: { code: "VALIDATION" } });
    for (const valid of [before, secret])
      expect(verdicts(valid, received?.text ?? "", headersOf(received))).toEqual(GOOD);
  });

  test.each([
    ["http://example.com/x", 400, "VALIDATION"],
    ["nonsense", 400, "VALIDATION"],
    ["ftp://hooks.test/x", 400, "VALIDATION"],
    ["https://10.0.0.1/x", 403, "FORBIDDEN"],
    ["https://169.254.169.254/latest", 403, "FORBIDDEN"],
    ["https://[::1]/x", 403, "FORBIDDEN"],
    ["https://metadata.internal/x", 403, "FORBIDDEN"],
    ["https://me:secret@example.com/x", 403, "FORBIDDEN"],
    ["https://example.com:22/x", 403, "FORBIDDEN"],
  ])("%s is refused, and nothing starts", async (url, status, code) => {
    const started = await call("POST", "/workflows/executions", { definition: ADD, callback_url: url });
    expect(started).toMatchObject({ status, body: { code } });
    if (code === "FORBIDDEN") expect(started.body.details.reason).toBe("egress");
    const made = await call("POST", "/webhooks/endpoints", { url, event_types: ["*"] });
    expect(made).toMatchObject({ status, body: { code } });
  });
});

describe("an endpoint", () => {
  test("gets the events that it subscribes to, and no others, each signed", async () => {
    const { secret, id: endpointId } = await endpoint("/steps", ["step.*", "workflow.completed"]);
    const id = await run();
    const received = await arrived(world.receiver, "/steps", 3);
    expect(typesOf(received).sort()).toEqual(["step.completed", "step.started", "workflow.completed"]);
    for (const it of received) {
      expect(verdicts(secret, it.text, headersOf(it))).toEqual(GOOD);
      expect(it.body).toMatchObject({ execution_id: id, workflow_id: "sum", id: expect.any(Number) });
    }
    const listed = await call("GET", `/webhooks/deliveries?endpoint=${endpointId}&execution=${id}`);
    expect(listed.body.data).toHaveLength(3);
  });

  test("what was tampered with, is old, or has another id or secret, is refused by every library, and in Python (T15)", async () => {
    const { secret } = await endpoint("/tampered", ["workflow.completed"]);
    const other = (await endpoint("/other", ["log"])).secret;
    await run();
    const [received] = await arrived(world.receiver, "/tampered", 1);
    const text = received?.text ?? "";
    const headers = headersOf(received);
    const at = Number(headers["webhook-timestamp"]);
    const rightButOld = new Webhook(secret).sign(String(headers["webhook-id"]), new Date((at - 301) * 1_000), text);
    const forged: Delivered[] = [
      [other, text, headers],
      [secret, text.replace("completed", "canceled"), headers],
      [secret, text, { ...headers, "webhook-id": "exec_other:1:workflow.completed" }],
      [secret, text, { ...headers, "webhook-timestamp": String(at - 301) }],
      [secret, text, { ...headers, "webhook-timestamp": String(at + 1) }],
      [secret, text, { ...headers, "webhook-timestamp": String(at - 301), "webhook-signature": rightButOld }],
    ];
    expect(verdicts(secret, text, headers)).toEqual(GOOD);
    for (const [index, each] of forged.entries()) expect(verdicts(...each), String(index)).toEqual(REFUSED);
    expect(pythonVerdicts([[secret, text, headers], ...forged])).toEqual(["good", ...forged.map(() => "refused")]);
  });

  test("signs with the old and the new secret for a day after a rotation", async () => {
    const { secret: old, id } = await endpoint("/rotated", ["workflow.completed"]);
    const { secret } = (await call("POST", `/webhooks/endpoints/${id}/rotate`)).body;
    await run();
    const [received] = await arrived(world.receiver, "/rotated", 1);
    const headers = headersOf(received);
    expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const valid of [secret, old]) expect(verdicts(valid, received?.text ?? "", headers)).toEqual(GOOD);
  });

  test("ordered: an execution's events come in their order, each after the one before was taken", async () => {
    await endpoint("/ordered", ["*"], { ordered: true });
    world.receiver.script("/ordered", { after: 150 }, { after: 100 }, { after: 50 }, {});
    await run();
    const received = await arrived(world.receiver, "/ordered", 4);
    expect(received.map(({ body }) => Object(body).id)).toEqual([1, 2, 3, 4]);
    for (const [index, it] of received.slice(1).entries())
      expect(it.at).toBeGreaterThanOrEqual(received[index]?.answeredAt ?? Number.POSITIVE_INFINITY);
  });

  test("a failure is tried again after about five seconds, with the same id and body; a redirect is one", async () => {
    await endpoint("/again", ["workflow.completed"]);
    world.receiver.script("/again", { status: 302, headers: { location: "https://hooks.test/elsewhere" } }, {});
    await run();
    const [first, second] = await arrived(world.receiver, "/again", 2);
    expect(headersOf(second)["webhook-id"]).toBe(headersOf(first)["webhook-id"]);
    expect(second?.text).toBe(first?.text);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(3_600);
    expect(world.receiver.calls("/elsewhere")).toEqual([]);
  });

  test("410 switches it off, which another endpoint and the audit log are told", async () => {
    const gone = await endpoint("/gone", ["workflow.completed"]);
    const { secret } = await endpoint("/operator", ["endpoint.disabled"]);
    world.receiver.script("/gone", { status: 410 });
    await run();
    const [told] = await arrived(world.receiver, "/operator", 1);
    expect(told?.body).toMatchObject({ type: "endpoint.disabled", data: { endpoint_id: gone.id, reason: "gone" } });
    expect(verdicts(secret, told?.text ?? "", headersOf(told))).toEqual(GOOD);
    expect((await call("GET", `/webhooks/endpoints/${gone.id}`)).body).toMatchObject({
      enabled: false,
      disabled_reason: "gone",
    });
    const audited = async () => (await call("GET", "/audit?action=webhook_endpoint.*&limit=100")).body.data;
    const has = async (action: string) =>
      (await audited()).some((row: Record<string, string>) => row.action === action && row.subject === gone.id);
    await eventually(() => has("webhook_endpoint.disabled"));
    expect(await has("webhook_endpoint.disabled")).toBe(true);
    expect(await has("webhook_endpoint.created")).toBe(true);
    const on = await call("PATCH", `/webhooks/endpoints/${gone.id}`, { enabled: true, description: "mended" });
    expect(on.body).toMatchObject({ enabled: true, disabled_reason: null, description: "mended" });
    await run();
    expect(await arrived(world.receiver, "/gone", 2)).toHaveLength(2);
  });

  test("is made, changed, listed and deleted; it shows its secret once", async () => {
    const made = await endpoint("/crud", ["log"], { description: "mine" });
    const shown = (await call("GET", `/webhooks/endpoints/${made.id}`)).body;
    expect(shown).toEqual({ ...made, secret: undefined });
    const listed = (await call("GET", "/webhooks/endpoints")).body;
    expect(JSON.stringify(listed)).not.toContain("whsec_");
    expect(listed.data.map(({ id }: { id: string }) => id)).toContain(made.id);
    const changed = await call("PATCH", `/webhooks/endpoints/${made.id}`, {
      event_types: ["workflow.*"],
      enabled: false,
    });
    expect(changed.body).toMatchObject({ event_types: ["workflow.*"], enabled: false, disabled_reason: null });
    await run();
    expect((await call("DELETE", `/webhooks/endpoints/${made.id}`)).body).toEqual({ status: "deleted", id: made.id });
    expect((await call("GET", `/webhooks/endpoints/${made.id}`)).status).toBe(404);
    expect(world.receiver.calls("/crud")).toEqual([]);
  });

  test.each([
    [{ url: "https://hooks.test/x", event_types: [] }],
    [{ url: "https://hooks.test/x", event_types: ["workflow.weird"] }],
    [{ url: "https://hooks.test/x", event_types: ["*"], secret: "whsec_mine" }],
    [{ event_types: ["*"] }],
  ])("%j is refused", async (body) => {
    expect(await call("POST", "/webhooks/endpoints", body)).toMatchObject({
      status: 400,
      body: { code: "VALIDATION" },
    });
  });

  test("is another tenant's affair, as are its deliveries; a key without the scope may do nothing", async () => {
    const { id } = await endpoint("/private", ["workflow.completed"]);
    await run();
    await arrived(world.receiver, "/private", 1);
    const delivery = (await call("GET", `/webhooks/deliveries?endpoint=${id}`)).body.data[0];
    const stranger = callerOf(world.platform, (await world.platform.newTenant("stranger")).apiKey);
    for (const [method, path, body] of [
      ["GET", `/webhooks/endpoints/${id}`, undefined],
      ["PATCH", `/webhooks/endpoints/${id}`, { enabled: false }],
      ["DELETE", `/webhooks/endpoints/${id}`, undefined],
      ["POST", `/webhooks/endpoints/${id}/rotate`, undefined],
      ["POST", `/webhooks/endpoints/${id}/test`, undefined],
      ["POST", `/webhooks/endpoints/${id}/resend`, { since: "2026-01-01T00:00:00Z" }],
      ["GET", `/webhooks/deliveries/${delivery.id}`, undefined],
      ["POST", `/webhooks/deliveries/${delivery.id}/resend`, undefined],
    ] as const)
      expect((await stranger(method, path, body)).status, `${method} ${path}`).toBe(404);
    expect((await stranger("GET", `/webhooks/deliveries?endpoint=${id}`)).body.data).toEqual([]);
    const mine = (await call("GET", "/webhooks/secret")).body.secret;
    expect((await stranger("GET", "/webhooks/secret")).body.secret).not.toBe(mine);
    const { key } = (await call("POST", "/keys", { name: "narrow", scopes: ["webhooks:read"] })).body;
    const narrow = callerOf(world.platform, key);
    expect((await narrow("GET", "/webhooks/endpoints")).status).toBe(200);
    expect((await narrow("POST", `/webhooks/endpoints/${id}/rotate`)).status).toBe(403);
    expect((await narrow("GET", "/webhooks/secret")).status).toBe(403);
  });
});
