import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { StartCommand } from "../../contracts/rpc.ts";
import { FAULT_POINTS, type FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { SimulatedObject } from "./simulated-object.ts";

/*
 * The named points again, each at its first, second and third passage, in virtual time: what a turn did before the point stays,
 * what it would have done after it never happens. The kills of real processes are in test/faults/coordinator-kills.long.test.ts.
 */

/** Points that executions without a platform, a budget, a retry or a service come by. */
const REACHED: readonly FaultPoint[] = [
  "start.before",
  "start.entered",
  "start.born",
  "start.committed",
  "get.read",
  "act.taken",
  "act.recorded",
  "outbox.read",
  "outbox.before_ack",
  "outbox.acked",
  "replay.committed",
  "commit.before",
  "commit.written",
  "commit.told",
  "write.before",
  "write.inside",
  "call.before",
  "call.answered",
  "leave.before",
  "leave.told",
  "child.before",
  "child.linked",
  "child.ended",
  "feed.before",
  "feed.pushed",
  "feed.marked",
];

/** A process that ends: nothing after this runs, and nobody hears of it. */
class Killed extends Error {}

const UNCAUGHT = ["uncaughtException", "unhandledRejection"] as const;
/** Vitest's: they count it as an error of the suite. */
const usual = process.listeners("uncaughtException");

/** Passes on all that is not such an end. Half of the points lie in turns of their own, whose errors nobody catches. */
function hear(error: Error): void {
  if (error instanceof Killed) return;
  for (const listener of usual) listener(error, "uncaughtException");
}

beforeAll(() => {
  for (const event of UNCAUGHT) process.removeAllListeners(event).on(event, hear);
});

afterAll(() => {
  for (const event of UNCAUGHT) {
    process.removeAllListeners(event);
    for (const listener of usual) process.on(event, listener);
  }
});

afterEach(() => {
  globalThis.faultPoint = undefined;
});

function source(steps: StepDefinition[], called: Record<string, StepDefinition[]> = {}): PlanSource {
  const { definition, pins } = planOf(steps);
  const workflows = Object.entries(called).map(([name, own]) => [`${name}@`, source(own)]);
  return { definition, pins, workflows: Object.fromEntries(workflows) };
}

const PLANS: [string, PlanSource][] = [
  ["chain", source([actionStep("a"), actionStep("b")])],
  ["again", source([actionStep("a"), actionStep("b")])],
  ["fan", source([actionStep("a", { forEach: "{{ range(4) }}", parallel: true }), actionStep("b")])],
  ["parent", source([{ kind: "subworkflow", id: "sub", workflow: "chain" }], { chain: [actionStep("a")] })],
  ["second", source([{ kind: "subworkflow", id: "sub", workflow: "chain" }], { chain: [actionStep("a")] })],
  ["third", source([{ kind: "subworkflow", id: "sub", workflow: "chain" }], { chain: [actionStep("a")] })],
];

/** Plays all of it with a kill there; answers whether the point was passed so often, and what is wrong. */
async function killedAt(point: FaultPoint, passage: number): Promise<{ passed: boolean; wrong: string[] }> {
  let passages = 0;
  let dead = false;
  const told = new Map<string, Set<string>>();
  const object: SimulatedObject = new SimulatedObject({
    kill: () => false,
    plugin: (call) => ({ result: ok({ path: call.path }), afterMs: 5 }),
    hint: () => {
      void object
        .ask(async (cell) => {
          cell.ackOutbox(cell.readOutbox(0, 100).last);
        })
        .catch(() => undefined);
    },
    feed: async (items) => {
      for (const { executionId, events } of items) {
        const ids = told.get(executionId) ?? new Set();
        for (const { id, type } of events) ids.add(`${id} ${type}`);
        told.set(executionId, ids);
      }
    },
    report: () => undefined,
  });
  globalThis.faultPoint = (name) => {
    if (dead || name !== point || ++passages !== passage) return;
    dead = true;
    object.kill(true);
    throw new Killed();
  };
  object.cell.setFeed({ version: 1, wish: { types: "all" } });
  const insist = async <T>(ask: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => void object.clock.at(object.clock.now() + 20, resolve));
    }
  };
  const clients = PLANS.map(async ([name, plan], index) => {
    await new Promise<void>((resolve) => void object.clock.at(object.clock.now() + index * 700, resolve));
    const command: StartCommand = {
      executionId: `exec_${name}`,
      tenantId: "ten_test",
      environment: "test",
      planDigest: name,
      plan,
      inputs: {},
      mode: "async",
      actor: "key_test",
      idempotency: { key: name, bodyHash: "h" },
    };
    await insist(() => object.ask((cell) => cell.start(command)));
    await insist(() => object.ask((cell) => cell.start({ ...command, executionId: `${command.executionId}_twin` })));
    const signal = { type: "signal" as const, name: "nobody", payload: 1, id: `evt_${name}` };
    await insist(() => object.ask((cell) => cell.act(command.executionId, signal)));
    await insist(() => object.ask((cell) => cell.get(command.executionId)));
  });
  let served = false;
  void Promise.all(clients).then(() => {
    served = true;
  });
  const until = object.clock.now() + 600_000;
  while (object.clock.now() < until && (await object.step()));
  const wrong: string[] = served ? [] : ["somebody was never answered"];
  for (const [name] of PLANS) {
    const id = `exec_${name}`;
    const { status } = (await object.cell.get(id)) ?? {};
    if (status !== "completed") wrong.push(`${id} is ${status}`);
    const events = [...object.storage.log(id)];
    const ends = events.flatMap((event) => (event.type === "step.completed" ? [event.path] : []));
    if (new Set(ends).size !== ends.length) wrong.push(`${id}: a step ended twice`);
    for (const { seq, type } of events)
      if (!told.get(id)?.has(`${seq} ${type}`)) wrong.push(`${id}: nobody was told of ${seq} ${type}`);
    if ((await object.cell.get(`${id}_twin`)) !== null) wrong.push(`${id}: one key, and two executions`);
  }
  return { passed: passages >= passage, wrong };
}

test.each(REACHED)(
  "killed at %s, at its first, second and third passage: all ends well, and all of it is told",
  async (point) => {
    for (const passage of [1, 2, 3])
      expect(await killedAt(point, passage), `passage ${passage}`).toEqual({ passed: true, wrong: [] });
  },
);

test("the points here are some of the coordinator's, each once", () => {
  expect(new Set(REACHED).size).toBe(REACHED.length);
  expect(FAULT_POINTS).toEqual(expect.arrayContaining([...REACHED]));
});
