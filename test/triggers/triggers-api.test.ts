import { afterAll, beforeAll, expect, test } from "vitest";
import type { TriggerView } from "../../contracts/api/triggers.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { isObject } from "../../engine/json.ts";
import { send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/* Triggers by their API, on a real platform: schedules of seconds, webhooks, events, kills. */

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
});

afterAll(async () => {
  await platform?.close();
});

async function publish(yaml: string, version = "1.0.0"): Promise<Response> {
  return fetch(`${platform.url}/workflows`, {
    method: "POST",
    headers: { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": "application/yaml" },
    body: yaml.replace("VERSION", version),
  });
}

const api = <Answer>(method: string, path: string, body?: object) => send<Answer>(platform, method, path, body);

async function eventually<T>(read: () => Promise<T | undefined>, patienceMs = 15_000): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error("it never came");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const triggersOf = async (workflow: string) =>
  (await api<{ data: TriggerView[] }>("GET", `/triggers?workflow=${workflow}`)).data;

const recordOf = (id: string) => api<ExecutionRecord>("GET", `/workflows/executions/${id}?wait=20`);

/** The executions of a trigger, once there are so many. */
const started = (id: string, count: number) =>
  eventually(async () => {
    const { executions } = await api<TriggerView>("GET", `/triggers/${id}`);
    return executions.length >= count ? executions : undefined;
  });

const ECHO = `
name: NAME
version: VERSION
inputs: { order: { type: string }, amount: { type: number } }
triggers:
TRIGGERS
steps:
  - { id: say, type: output, value: "{{ trigger }}" }
outputs: { trigger: "{{ trigger }}", order: "{{ inputs.order }}" }
`;
const echo = (name: string, triggers: string) =>
  ECHO.replace("NAME", name).replace("TRIGGERS", triggers.replaceAll(/^/gm, "  "));

test("a schedule of a published workflow starts it at its time, with the time in trigger.at", async () => {
  const published = await publish(
    echo(
      "Ticker",
      '- { type: schedule, name: tick, cron: "*/2 * * * * *", timezone: Europe/Berlin, inputs: { order: "at {{ trigger.at }}" } }',
    ),
  );
  expect(published.status, await published.clone().text()).toBe(201);
  const [trigger] = await triggersOf("ticker");
  expect(trigger).toMatchObject({ type: "schedule", name: "tick", status: "active", origin: "workflow" });
  expect(trigger?.next_runs).toHaveLength(10);
  const executions = await started(trigger?.id ?? "", 2);
  const records = await Promise.all(executions.map(recordOf));
  const times = records.map((record) => String(record.inputs.order));
  expect(new Set(times).size).toBe(executions.length);
  for (const { result, inputs } of records) {
    const trigger = result?.outputs.trigger ?? null;
    const at = new Date(isObject(trigger) ? String(trigger.at) : "");
    expect(at.getTime() % 2_000).toBe(0);
    expect(inputs.order).toBe(`at ${at.toISOString()}`);
  }
  await api("POST", `/triggers/${trigger?.id}/pause`);
});
