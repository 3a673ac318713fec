import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./client.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const run = Date.now().toString(36);
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort();
const once = (count: number): number[] => [201, ...Array.from({ length: count - 1 }, () => 409)];

const ADD: JsonMap = {
  id: "add",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
const manifest = (namespace: string, name: string): JsonMap => ({
  connector: {
    type: "connector",
    kind: "http",
    name,
    namespace,
    version: "1.0.0",
    displayName: name,
    description: name,
  },
  actions: [
    { name: "go", description: "g", input: {}, output: {}, handler: { http: { url: "https://example.com/execute" } } },
  ],
});

describe("of several who do the same at once", () => {
  test("one publishes a workflow's version, the others are told of the CONFLICT", async () => {
    const body = (at: number): JsonMap => ({ name: `race ${run}`, steps: [ADD], outputs: { at } });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => outside.api.post("/workflows", body(at))));
    expect(statuses(answers)).toEqual(once(8));
    const won = answers.findIndex(({ status }) => status === 201);
    const started = await outside.api.start({ workflow: `race-${run}`, execution_mode: "sync" });
    expect(started.body).toMatchObject({ result: { outputs: { at: won } } });
  });

  test("one publishes a connector's version", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => outside.api.post("/plugins", manifest("outside", `race-${run}`))),
    );
    expect(statuses(answers)).toEqual(once(8));
  });

  test("one of two tenants gets a namespace that nobody has", async () => {
    const answers = await Promise.all([
      outside.api.post("/plugins", manifest(`race${run}`, "one")),
      outside.other.post("/plugins", manifest(`race${run}`, "two")),
    ]);
    expect(statuses(answers)).toEqual([201, 403]);
  });

  test.each(["isolated", "async", "sync"])(
    "32 equal %s starts with one Idempotency-Key are one execution",
    async (mode) => {
      const key = `race ${mode} ${run} ${randomUUID()}`;
      const headers = { "idempotency-key": key };
      const body = { definition: { name: "Race", steps: [flaky("s", "call", { key })] }, execution_mode: mode };
      const answers = await Promise.all(Array.from({ length: 32 }, () => outside.api.start(body, { headers })));
      const taken = answers.filter(({ status }) => [200, 202].includes(status));
      expect(taken.length).toBeGreaterThan(0);
      expect(answers.filter(({ status }) => ![200, 202, 409].includes(status))).toEqual([]);
      const ids = new Set(taken.map((answer) => readText(answer.body, "execution_id")));
      expect(ids.size).toBe(1);
      for (const id of ids) await outside.api.finished(id);
      expect(outside.service.calls(key)).toHaveLength(1);
    },
  );

  test("cancel and completion: one of them wins, and it stays so", async () => {
    const ends = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const key = `cancel race ${run} ${at}`;
        const steps = [flaky("s", "call", { key, after: 20 })];
        const id = readText((await outside.api.start({ definition: { name: "Race", steps } })).body, "execution_id");
        await new Promise((resolve) => setTimeout(resolve, at * 3));
        await outside.api.request("POST", `/workflows/executions/${id}/cancel`);
        const record = await outside.api.finished(id);
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(await outside.api.finished(id)).toStrictEqual(record);
        return record.status;
      }),
    );
    for (const status of ends) expect(["completed", "canceled"]).toContain(status);
  });
});
