import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { changeLimits, growShards } from "../../scripts/change-limits.ts";
import { onEvents, openSource, until } from "../streams/event-reader.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { archiveAudit } from "./archive-audit.ts";
import { COUNTING_CONNECTOR, CountingService } from "./counting-service.ts";
import { DISTURBED_PLATFORM, disturb } from "./disturbance.ts";
import { SCENARIOS } from "./fault-scenarios.ts";
import { FAULT_WORKFLOWS, NEXT_MOVER } from "./fault-workflows.ts";
import { FaultWorld, type Owner, pause } from "./fault-world.ts";
import { HookReceiver } from "./hook-receiver.ts";

/*
 * A real platform whose coordinator objects are aborted after every commit, and clients that repeat what broke off with the same
 * Idempotency-Key: all that is begun ends as if nothing had happened, each step once, usage exact, every end told once.
 */

const SWEEP_MS = 1_000;

const work = (id: string, more = ""): string =>
  `{id: ${id}, connector: "connector:community/counting@1.0.0", action: work, input: {ms: 10, after: ""}${more}}`;

/** Every kind of step that there is without a model, one after the other. */
const EVERYTHING = `
workflows:
  - name: Everything
    inputs: {n: {type: integer, default: 2}}
    steps:
      - ${work("first")}
      - {id: look, type: if, condition: "{{ inputs.n > 1 }}", then: [${work("big")}], else: [${work("small")}]}
      - {id: way, type: switch, value: "{{ inputs.n }}", cases: {"2": [${work("two")}]}, default: [${work("other")}]}
      - {id: loop, type: forEach, items: [1, 2, 3], steps: [${work("turn")}]}
      - ${work("fan", ", for_each: [1, 2], parallel: true")}
      - {id: both, type: parallel, branches: {a: [${work("left")}], b: [${work("right")}]}}
      - {id: shape, type: transform, language: jq, expression: ".nonce", input: "{{ steps.first.output }}"}
      - id: caught
        type: try
        steps: [{id: bad, connector: "connector:community/calculator@1.0.0", action: divide, input: {a: 1, b: 0}}]
        catch: [${work("mend")}]
        finally: [${work("clean")}]
      - {id: nap, type: wait, duration: 200ms}
      - {id: agreed, type: approval, approvers: [finance], message: "Go on?"}
      - {id: heard, type: wait, until: {event: go}}
      - ${work("last")}
    outputs: {shape: "{{ steps.shape.output }}"}
`;

let service: CountingService;
let receiver: HookReceiver;
let platform: TestPlatform;
let world: FaultWorld;
let approver: string;
let stopWatching: () => Promise<void>;

async function makeOwner(name: string): Promise<Owner> {
  const owner = await platform.newTenant(name);
  const headers = { authorization: `Bearer ${owner.apiKey}`, "content-type": "application/yaml" };
  for (const [path, body] of [
    ["/plugins", COUNTING_CONNECTOR],
    ["/workflows", FAULT_WORKFLOWS],
    ["/workflows", NEXT_MOVER],
    ["/workflows", EVERYTHING],
  ]) {
    const answer = await fetch(`${platform.url}${path}`, { method: "POST", headers, body });
    expect(answer.status, await answer.text()).toBe(201);
  }
  return owner;
}

beforeAll(async () => {
  service = await CountingService.start();
  receiver = await HookReceiver.start();
  platform = await startTestPlatform({
    entries: DISTURBED_PLATFORM,
    services: false,
    sweepMs: SWEEP_MS,
    hosts: { "counting-service:9000": service.address, "hooks.test": receiver.address },
  });
  const [main, narrow, short] = [await makeOwner("Main"), await makeOwner("Narrow"), await makeOwner("Short")];
  const { dataDir } = platform.platform;
  // It sweeps by itself.
  const sweep = () => pause(SWEEP_MS + 200);
  world = new FaultWorld({ url: platform.url, dataDir, sweep }, service, main, narrow, short);
  await changeLimits(dataDir, platform.url, short.tenantId, { retention_days: 0 });
  await changeLimits(dataDir, platform.url, narrow.tenantId, { concurrent_executions: 1 });
  await growShards(dataDir, platform.url, main.tenantId, 2);
  const endpoint = { url: "https://hooks.test/all", event_types: ["workflow.*"] };
  expect((await world.send("POST", "/webhooks/endpoints", endpoint)).status).toBe(201);
  const scopes = ["executions:read", "executions:write"];
  const person = { name: "Finance", environment: "live", scopes, roles: ["finance"] };
  approver = String((await world.send("POST", "/keys", person)).body.key);
  await disturb(platform.url, { evicts: true });
  stopWatching = world.watch();
}, 120_000);

afterAll(async () => {
  await stopWatching?.();
  if (platform) {
    const { aborts } = await disturb(platform.url, { evicts: false });
    console.log(
      `${aborts} aborts, ${world?.begun.size} executions, ${service.calls.length} calls, ${world?.polls} looks`,
    );
  }
  await platform?.close();
  service?.close();
  receiver?.close();
});

const aborts = async (): Promise<number> => (await disturb(platform.url, {})).aborts;

describe("with the coordinator objects aborted after every commit", () => {
  test.each(Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[])(
    "what clients do (%s) ends as if nothing had happened",
    async (name) => {
      const before = await aborts();
      world.fault = name;
      await SCENARIOS[name](world);
      expect(await world.settle()).toEqual([]);
      expect(await aborts()).toBeGreaterThan(before);
    },
    300_000,
  );

  test("every kind of step is run once, and a follower sees each event once, in order, up to the end", async () => {
    world.fault = "everything";
    const id = await world.run("everything", { runs: 15 });
    const events: ExecutionEvent[] = [];
    const source = openSource(platform, `/workflows/executions/${id}/events`, world.main.apiKey);
    onEvents(source, (event) => events.push(event));
    await world.until(id, "waiting");
    const at = async (step: string): Promise<void> => {
      const end = Date.now() + 90_000;
      for (;;) {
        const { steps, status, error } = await world.record(id);
        if (steps.some(({ path, status: is }) => path === step && is === "waiting")) return;
        if (Date.now() > end) throw new Error(`${step} never waits: ${status} ${JSON.stringify(error)}`);
        await pause(50);
      }
    };
    await at("agreed");
    const path = `/workflows/executions/${id}/approvals/agreed`;
    const decide = () => world.send("POST", path, { decision: "approve" }, { ...world.main, apiKey: approver });
    const decided = await world.insist(decide);
    expect(decided.status, JSON.stringify(decided.body)).toBe(200);
    await at("heard");
    await world.act(id, "events", { name: "go" });
    expect(await world.settle()).toEqual([]);
    await until("the end", () => events.some(({ type }) => type === "workflow.completed"), 90_000);
    source.close();
    const seen = events.map((event) => event.id);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBe(seen.length);
  }, 300_000);

  test("a delivery to a webhook trigger and the due times of a schedule start one execution each", async () => {
    const [hook, clock] = [world.name("hooked"), world.name("ticking")];
    const steps = [
      { id: "o", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 1 } },
    ];
    const outputs = { due: "{{ trigger.at }}" };
    const publish = (name: string, trigger: object) =>
      world.insist(() => world.send("POST", "/workflows", { name, steps, outputs, triggers: [trigger] }));
    const delivery = { type: "webhook", path: hook, idempotency: { header: "X-Delivery" } };
    expect((await publish(hook, delivery)).status).toBe(201);
    expect((await publish(clock, { type: "schedule", cron: "* * * * * *" })).status).toBe(201);
    const triggersOf = (name: string) => world.insist(() => world.send("GET", `/triggers?workflow=${name}`));
    const address = platform.url + (await triggersOf(hook)).body.data[0].url;
    const deliver = () =>
      world.insist(async () => {
        const headers = { "x-delivery": "one", "content-type": "application/json" };
        const answer = await fetch(address, { method: "POST", headers, body: "{}" });
        return { status: answer.status, body: await answer.json() };
      });
    const started = await Promise.all([deliver(), deliver(), deliver()]);
    expect(new Set(started.map(({ body }) => body.execution_id)).size).toBe(1);
    const runs = () => world.insist(() => world.send("GET", `/workflows/executions?workflow=${clock}&limit=100`));
    await pause(5_000);
    await until("four due times", async () => (await runs()).body.data.length > 3, 90_000);
    const { id } = (await triggersOf(clock)).body.data[0];
    await world.insist(() => world.send("POST", `/triggers/${id}/pause`, {}));
    await pause(2_000);
    const ids: string[] = (await runs()).body.data.map((run: { execution_id: string }) => run.execution_id);
    expect(ids.length).toBeGreaterThan(3);
    const dues: string[] = [];
    for (const run of ids) {
      const end = Date.now() + 90_000;
      let record = await world.record(run);
      while (record.finished_at === null && Date.now() < end) record = await world.record(run, 1);
      expect(record.status, JSON.stringify(record.error)).toBe("completed");
      dues.push(String(record.result?.outputs.due));
    }
    expect(new Set(dues).size, "a due time starts once").toBe(dues.length);
  }, 300_000);

  test("what was archived is whole and proves it, what was purged is gone", async () => {
    expect(await archiveAudit(world)).toEqual([]);
  }, 300_000);

  test("every end was told once, by webhooks whose repetitions are the same", async () => {
    const ended = [...world.begun].filter(([, { owner, status }]) => owner === world.main && status !== "failed");
    const untold = () =>
      ended.filter(([id]) => receiver.endsOf(id).length === 0).map(([id, { fault }]) => `${fault} ${id}`);
    const end = Date.now() + 90_000;
    while (untold().length > 0 && Date.now() < end) await pause(300);
    expect(untold()).toEqual([]);
    for (const [id, { status, fault }] of ended) expect(receiver.endsOf(id), fault).toEqual([`workflow.${status}`]);
    expect(receiver.wrong).toEqual([]);
  }, 240_000);
});
