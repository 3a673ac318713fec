import { expect, test } from "vitest";
import type { KeyedEvent } from "../../contracts/rpc.ts";
import { fold } from "../../engine/run/apply.ts";
import { CONNECTION_EVENT } from "../../engine/run/connection-waits.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { ActionCall, ActionResult, EventWait } from "../../engine/run/types.ts";
import { actionStep, planOf } from "../../engine/testing.ts";
import { SimulatedObject, unlimitedLeases } from "./simulated-object.ts";
import type { KillPoint } from "./simulated-world.ts";

/* An execution that waits for a connection, in a cell that is killed at any point before, while and after somebody makes it. */

const PLAN = planOf([actionStep("a", { connectionWaitMs: 600_000, retry: { maxAttempts: 1 } }), actionStep("b")], {
  slug: "connections",
  name: "connections",
});
const ID = "exec_connections";
const MISSING: ActionResult = {
  ok: false,
  permanent: true,
  error: {
    code: "UNAVAILABLE",
    message: "nobody has connected",
    details: {
      reason: "connection",
      connector: "acme/me",
      wanted: "user-17",
      connect_url: "https://platform.example/connect/x",
    },
  },
};

function chance(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface World {
  object: SimulatedObject;
  connected: boolean;
  /** Waits that the tenant object knows of. */
  waits: Map<string, EventWait>;
  /** Calls that reached the service, by step. */
  made: ActionCall[];
  reports: string[];
}

function world(kill: (point: KillPoint, kills: number) => boolean): World {
  const it: World = {
    connected: false,
    waits: new Map(),
    made: [],
    reports: [],
    object: new SimulatedObject({
      kill: (point) => kill(point, it.object.kills),
      plugin: (call) => {
        if (call.path === "a" && !it.connected) return { result: MISSING, afterMs: 3 };
        it.made.push(call);
        return { result: { ok: true, output: call.path }, afterMs: 3 };
      },
      tenant: {
        acquireSlot: async () => ({ kind: "granted" }),
        releaseSlot: async () => undefined,
        slotPosition: async () => null,
        askLeases: async (question) => unlimitedLeases(question),
        awaitEvent: async (_id, path, wait) => {
          it.waits.set(path, wait);
          return it.connected ? eventFor(wait) : null;
        },
        forgetWait: async (_id, path) => void it.waits.delete(path),
      },
      hint: () => undefined,
      report: (message, error) => void it.reports.push(`${message} ${String(error)}`),
    }),
  };
  return it;
}

function eventFor({ key = "" }: EventWait): KeyedEvent {
  return { id: "evt_connected", name: CONNECTION_EVENT, key, payload: null, expiresAt: Number.MAX_SAFE_INTEGER };
}

function stored({ storage }: SimulatedObject): RunState | undefined {
  return storage.execution(ID) && fold(PLAN, { executionId: ID, runAttempt: 1 }, storage.log(ID));
}

/** Asks until an answer leaves the cell, as whoever keeps what it has to tell does. */
async function insist<T>({ object }: World, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    let answer: { value: T | undefined } | undefined;
    void ask().then((value) => {
      answer = { value };
    });
    for (let step = 0; !answer && step < 200; step += 1) await object.step();
    if (answer?.value !== undefined) return answer.value;
  }
  throw new Error("nobody answers");
}

async function start(it: World): Promise<void> {
  const accepted = await insist(it, () =>
    it.object.ask((cell) =>
      cell.start({
        executionId: ID,
        tenantId: "ten_simulated",
        environment: "test",
        planDigest: "connections",
        plan: { definition: PLAN.definition, pins: PLAN.pins },
        inputs: {},
        mode: "async",
        actor: "key_simulated",
        idempotency: { key: "one", bodyHash: "same" },
      }),
    ),
  );
  expect(accepted.kind).toBe("accepted");
}

/** Somebody has followed the link: the tenant object tells whoever it knows to wait, again until it is heard. */
async function connect(it: World): Promise<void> {
  it.connected = true;
  for (const [path, wait] of [...it.waits]) {
    const { id, name, key, payload } = eventFor(wait);
    await insist(it, () => it.object.ask((cell) => cell.act(ID, { type: "signal", id, name, key, payload, path })));
  }
}

test("80 schedules of kills: it goes on once the connection is there, its call is one request, and no try is spent", {
  timeout: 60_000,
}, async () => {
  let kills = 0;
  let unheard = 0;
  for (let seed = 1; seed <= 80; seed += 1) {
    const random = chance(seed);
    const often = 0.02 + random() * 0.15;
    const it = world((_point, soFar) => soFar < 10 && random() < often);
    await start(it);
    // Before the cell comes to wait, while it registers its wait, or long afterwards.
    for (let steps = Math.floor(random() * 12); steps > 0; steps -= 1) await it.object.step();
    if (random() < 0.3) it.object.kill();
    if (it.waits.size === 0) unheard += 1;
    await connect(it);
    for (let step = 0; stored(it.object)?.status !== "completed"; step += 1) {
      if (step > 3_000)
        throw new Error(`seed ${seed}: it does not go on: ${JSON.stringify(stored(it.object)?.status)}`);
      await it.object.step();
      void it.object.cell;
    }
    const log = [...it.object.storage.log(ID)];
    const of = (type: string) => log.filter((event) => event.type === type && "path" in event && event.path === "a");
    expect(of("step.completed"), `seed ${seed}`).toHaveLength(1);
    expect(of("step.failed"), `seed ${seed}`).toHaveLength(0);
    const keys = new Set(it.made.filter(({ path }) => path === "a").map(({ idempotencyKey }) => idempotencyKey));
    expect([...keys], `seed ${seed}`).toEqual([`${ID}:1:a`]);
    expect(it.reports, `seed ${seed}`).toEqual([]);
    kills += it.object.kills;
  }
  expect(kills).toBeGreaterThan(80);
  expect(unheard).toBeGreaterThan(5);
});

test("without kills it asks the service once before and once after, and waits on the disk in between", async () => {
  const it = world(() => false);
  await start(it);
  while (stored(it.object)?.open.get("a")?.status !== "waiting") await it.object.step();
  for (let step = 0; step < 30 && it.object.cell.unfinished > 0; step += 1) await it.object.step();
  expect(it.object.cell.unfinished).toBe(0);
  await connect(it);
  while (stored(it.object)?.status !== "completed") await it.object.step();
  expect(it.made.map(({ path, attempt }) => `${path} #${attempt}`)).toEqual(["a #2", "b #1"]);
});
