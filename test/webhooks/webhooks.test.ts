import { afterAll, beforeAll, expect, test } from "vitest";
import { arrived, callerOf, GOOD, headersOf, startWorld, verdicts, type WebhookWorld } from "./webhook-world.ts";

let world: WebhookWorld;
let call: ReturnType<typeof callerOf>;

beforeAll(async () => {
  world = await startWorld();
  call = callerOf(world.platform);
});
afterAll(() => world?.stop());

const ADD = {
  name: "Sum",
  outputs: { sum: { value: "{{ steps.add.output.result }}" } },
  steps: [{ id: "add", connector: "calculator", action: "add", input: { a: 1, b: 2 } }],
};

async function run(more: object = {}): Promise<string> {
  const started = await call("POST", "/workflows/executions", { definition: ADD, execution_mode: "sync", ...more });
  expect(started.status, JSON.stringify(started.body)).toBe(200);
  return started.body.execution_id;
}

async function endpoint(path: string, eventTypes: string[], more: object = {}) {
  const made = await call("POST", "/webhooks/endpoints", {
    url: `https://hooks.test${path}`,
    event_types: eventTypes,
    ...more,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}

test("the end of an execution is told to its callback_url, signed by the tenant's secret", async () => {
  const { secret } = (await call("GET", "/webhooks/secret")).body;
  const id = await run({ callback_url: "https://hooks.test/callback" });
  const [received] = await arrived(world.receiver, "/callback", 1);
  expect(received?.body).toEqual({
    execution_id: id,
    status: "completed",
    result: { outputs: { sum: 3 } },
    run_attempt: 1,
    workflow: { name: "Sum", version: expect.any(String), slug: "sum" },
    finished_at: expect.any(String),
  });
  const headers = headersOf(received!);
  expect(headers["webhook-id"]).toBe(`${id}:1:workflow.completed`);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(verdicts(secret, received!.text, headers)).toEqual(GOOD);
});

test("an endpoint gets the events that it subscribes to, and no others", async () => {
  const { secret, id: endpointId } = await endpoint("/steps", ["step.*", "workflow.completed"]);
  const id = await run();
  const received = await arrived(world.receiver, "/steps", 3);
  expect(received.map(({ body }) => (body as { type: string }).type).sort()).toEqual([
    "step.completed",
    "step.started",
    "workflow.completed",
  ]);
  for (const it of received) expect(verdicts(secret, it.text, headersOf(it))).toEqual(GOOD);
  const listed = await call("GET", `/webhooks/deliveries?endpoint=${endpointId}&execution=${id}`);
  expect(listed.body.data).toHaveLength(3);
});
