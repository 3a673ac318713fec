import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { YAML } from "./documents.ts";
import { runClient } from "./run-client.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/orders/workflows.yaml");
let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let lead: string;
let runs: ReturnType<typeof runClient>;

beforeAll(async () => {
  platform = await startTestPlatform();
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  runs = runClient(call, key);
  const raw = readFileSync(EXAMPLE, "utf8");
  expect(await call(key, "POST", "/workflows", { raw, type: YAML })).toMatchObject({ status: 201 });
  const made = await call(key, "POST", "/keys", {
    body: { name: "lead", environment: "live", scopes: ["executions:write", "executions:read"], roles: ["sales-lead"] },
  });
  expect(made, made.text).toMatchObject({ status: 201 });
  lead = String(made.body.key);
});
afterAll(() => platform?.close());

async function order(id: string, price: number): Promise<string> {
  const items = ["chair", "table"].map((name) => ({ name, price, count: 2 }));
  const body = { workflow: "order-fulfilment", inputs: { order_id: id, items } };
  const started = await call(key, "POST", "/workflows/executions", { body });
  expect(started, started.text).toMatchObject({ status: 202 });
  return String(started.body.execution_id);
}

/** Bodies of what the outside world got at `path` for an order. */
async function received(path: string, order: string): Promise<unknown[]> {
  const input = { url: "http://receiver:8080/received", query: { path } };
  const answer = await call(key, "POST", "/execute", { body: { action: "http.get", input } });
  const { data }: { data: { body: { body: { order: string; item?: string } }[] } } = JSON.parse(answer.text);
  return data.body.map(({ body }) => body).filter((body) => body.order === order);
}

test("a large order is approved by a lead, waits for its payment by key, and is shipped", async () => {
  const id = await order("o-1", 400);
  await runs.until(id, {
    status: "waiting",
    waiting_for: { kind: "approval", step: "agree", approvers: ["sales-lead"] },
  });
  const own = await runs.act(id, "approvals/agree", { decision: "approve" });
  expect(own.status).toBe(403);
  const decided = await call(lead, "POST", `/workflows/executions/${id}/approvals/agree`, {
    body: { decision: "approve" },
  });
  expect(decided, decided.text).toMatchObject({ status: 200 });
  await runs.until(id, { status: "waiting", waiting_for: { kind: "event", event: "payment.received", key: "o-1" } });
  const open = { name: "payment.received", key: "o-1", payload: { status: "open" } };
  expect(await call(key, "POST", "/events", { body: open })).toMatchObject({ status: 202 });
  const paid = { ...open, payload: { status: "paid" } };
  expect(await call(key, "POST", "/events", { body: paid })).toMatchObject({ status: 202, body: { delivered: 1 } });
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    result: { outputs: { total: 1600, letter: "Order o-1 is on its way." } },
  });
  expect(await received("/shipments", "o-1")).toHaveLength(1);
  expect(await received("/releases", "o-1")).toEqual([]);
});

test("a rejected order is undone, the last reservation first", async () => {
  const id = await order("o-2", 500);
  await runs.until(id, { status: "waiting" });
  const body = { decision: "reject", comment: "no credit" };
  expect(await call(lead, "POST", `/workflows/executions/${id}/approvals/agree`, { body })).toMatchObject({
    status: 200,
  });
  expect(await runs.end(id)).toMatchObject({
    status: "failed",
    error: { code: "FORBIDDEN", details: { comment: "no credit" } },
  });
  expect(await received("/releases", "o-2")).toEqual([
    { order: "o-2", item: "table" },
    { order: "o-2", item: "chair" },
  ]);
});

test("a small order needs no approval, and is undone only when its cancel asks for that", async () => {
  const kept = await order("o-3", 10);
  await runs.until(kept, { status: "waiting", waiting_for: { kind: "event" } });
  expect(await runs.act(kept, "cancel", {})).toMatchObject({ status: 200 });
  expect(await received("/releases", "o-3")).toEqual([]);
  const undone = await order("o-4", 10);
  await runs.until(undone, { status: "waiting", waiting_for: { kind: "event" } });
  expect(await runs.act(undone, "cancel", { compensate: true })).toMatchObject({ status: 200 });
  expect(await runs.end(undone)).toMatchObject({ status: "canceled" });
  expect(await received("/releases", "o-4")).toHaveLength(2);
});

test("an order that waits for its payment survives a kill", async () => {
  const id = await order("o-5", 10);
  await runs.until(id, { status: "waiting", waiting_for: { kind: "event" } });
  await platform.restart();
  const paid = { name: "payment.received", key: "o-5", payload: { status: "paid" } };
  expect(await call(key, "POST", "/events", { body: paid })).toMatchObject({ status: 202 });
  const ended = await runs.end(id);
  expect(ended).toMatchObject({ status: "completed" });
  // The receiver began anew with the platform: what was done before the kill was not done again.
  expect(await received("/reservations", "o-5")).toEqual([]);
  expect(await received("/shipments", "o-5")).toHaveLength(1);
});
