import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  expect((await call(key, "POST", "/workflows", { body: DEFINITION })).status).toBe(201);
});
afterAll(() => platform?.close());

const COUNT = 1_000;
const DEFINITION = {
  name: "Batched",
  inputs: { n: { type: "integer", required: true } },
  steps: [
    { id: "add", connector: "connector:community/calculator@1", action: "add", input: { a: "{{ inputs.n }}", b: 1 } },
  ],
  outputs: { n: "{{ steps.add.output.result }}" },
};

interface Item {
  index: number;
  status: "accepted" | "error";
  execution_id: string;
  code: string;
}

// First: after a thousand connections a client may meet one that has just been closed.
test("a thousand and one are refused, and none of them starts", async () => {
  const items = Array.from({ length: COUNT + 1 }, () => ({ workflow: "batched", inputs: { n: 1 } }));
  expect(await call(key, "POST", "/workflows/executions/batch", { body: { items } })).toMatchObject({ status: 400 });
  expect((await call(key, "GET", "/workflows/executions")).body.data).toEqual([]);
});

test("a thousand starts in one request: each has a result of its own, and a repeat starts nothing again", async () => {
  // Every hundredth cannot be started: that is its own result, and no other's.
  const items = Array.from({ length: COUNT }, (_, n) => ({ workflow: "batched", inputs: n % 100 === 7 ? {} : { n } }));
  const request = { body: { items }, headers: { "Idempotency-Key": "a thousand" } };
  const answer = await call(key, "POST", "/workflows/executions/batch", request);
  expect(answer.status, answer.text.slice(0, 500)).toBe(200);
  const { data }: { data: Item[] } = JSON.parse(answer.text);
  expect(data.map(({ index }) => index)).toEqual(items.map((_, index) => index));
  const refused = data.filter(({ status }) => status === "error");
  expect(refused.map(({ index, code }) => [index % 100, code])).toEqual(
    Array.from({ length: 10 }, () => [7, "VALIDATION"]),
  );
  const accepted = data.filter(({ status }) => status === "accepted");
  expect(new Set(accepted.map(({ execution_id }) => execution_id)).size).toBe(COUNT - refused.length);
  const again = JSON.parse((await call(key, "POST", "/workflows/executions/batch", request)).text);
  expect(again.data).toEqual(data);
  const ended = async (): Promise<unknown[]> =>
    JSON.parse((await call(key, "GET", "/workflows/executions?workflow=batched&status=completed&limit=100")).text).data;
  await expect.poll(async () => (await ended()).length, { timeout: 60_000 }).toBe(100);
  for (const { index, execution_id } of accepted.filter((_, at) => at % 33 === 0))
    expect((await call(key, "GET", `/workflows/executions/${execution_id}?wait=60`)).body).toMatchObject({
      status: "completed",
      result: { outputs: { n: index + 1 } },
    });
});

test("a campaign that is killed with the whole platform goes on, and acts once on each execution", {
  timeout: 200_000,
}, async () => {
  const definition = { name: "Waits", steps: [{ id: "gate", type: "wait", until: { event: "go" } }] };
  expect((await call(key, "POST", "/workflows", { body: definition })).status).toBe(201);
  const items = Array.from({ length: 150 }, () => ({ workflow: "waits" }));
  const started: { data: Item[] } = JSON.parse(
    (await call(key, "POST", "/workflows/executions/batch", { body: { items } })).text,
  );
  const body = { action: "cancel", filter: { workflow: "waits" }, at_once: 1, reason: "swept" };
  await expect
    .poll(async () => (await call(key, "POST", "/campaigns", { body: { ...body, dry_run: true } })).body, {
      timeout: 60_000,
    })
    .toMatchObject({ matched: 150 });
  const begun = await call(key, "POST", "/campaigns", { body });
  expect(begun, begun.text).toMatchObject({ status: 201, body: { total: 150 } });
  const progress = async () => (await call(key, "GET", `/campaigns/${begun.body.id}`)).body;
  await expect.poll(async () => Number((await progress()).done), { interval: 5, timeout: 60_000 }).toBeGreaterThan(0);
  // While it goes on it is heard: it is watched, and paused.
  expect(await call(key, "POST", `/campaigns/${begun.body.id}/pause`)).toMatchObject({ body: { status: "paused" } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const paused = Number((await progress()).done);
  expect(paused).toBeLessThan(150);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await progress()).toMatchObject({ status: "paused", done: paused });
  expect(await call(key, "POST", `/campaigns/${begun.body.id}/resume`)).toMatchObject({ status: 200 });
  const killedAt = Date.now();
  await platform.restart();
  await expect
    .poll(progress, { timeout: 90_000, interval: 200 })
    .toMatchObject({ status: "completed", done: 150, refused: 0 });
  expect(Date.parse(String((await progress()).finished_at)), "it was killed while it went on").toBeGreaterThan(
    killedAt,
  );
  for (const { execution_id } of started.data) {
    const history: { data: { type: string; data: { actor?: string } }[] } = JSON.parse(
      (await call(key, "GET", `/workflows/executions/${execution_id}/history`)).text,
    );
    const acts = history.data.filter(({ type }) => type === "workflow.canceled");
    expect(acts.map(({ data }) => data.actor)).toEqual([begun.body.created_by]);
  }
});
