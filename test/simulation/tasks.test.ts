import { expect, test } from "vitest";
import type { TaskAnswer, TaskReport } from "../../contracts/task-rpc.ts";
import { fold } from "../../engine/run/apply.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { actionStep, planOf } from "../../engine/testing.ts";
import { SimulatedObject } from "./simulated-object.ts";
import type { KillPoint } from "./simulated-world.ts";

/* Attempts that their services finish later, in a cell that is killed at any point and that sleeps meanwhile. */

const PLAN = planOf(
  [
    actionStep("a", { timeoutMs: 600_000, retry: { maxAttempts: 1 } }),
    {
      kind: "parallel_list",
      id: "both",
      steps: [
        actionStep("b", { timeoutMs: 600_000, retry: { maxAttempts: 1 } }),
        actionStep("c", { timeoutMs: 600_000, retry: { maxAttempts: 1 } }),
      ],
    },
  ],
  { slug: "tasks", name: "tasks", outputs: { c: { value: "{{ steps.c.output.n }}" } } },
);
const ID = "exec_tasks";

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
  calls: ActionCall[];
  /** What must never be. */
  wrong: string[];
  reports: string[];
  /** What was handed back, of what was kept of each call, when it was finished. */
  finishedWith: string[];
}

function world(kill: (point: KillPoint, kills: number) => boolean, heartbeatMs?: number): World {
  const made: World = {
    calls: [],
    wrong: [],
    reports: [],
    finishedWith: [],
    object: new SimulatedObject({
      kill: (point) => kill(point, made.object.kills),
      plugin: (call) => {
        if (stored(made.object)?.open.get(call.path)?.task)
          made.wrong.push(`${call.path} was called again while its service was at it`);
        made.calls.push(call);
        const error = { code: "UNAVAILABLE" as const, message: "later" };
        return {
          result: {
            ok: false,
            permanent: true,
            error,
            pending: { revealed: `given to ${call.path}`, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) },
          },
          afterMs: 5,
        };
      },
      finish: (call, envelope, revealed) => {
        made.finishedWith.push(`${call.path}: ${revealed}`);
        return { ok: true, output: envelope };
      },
      maskSaid: (call, text, revealed) =>
        revealed !== `given to ${call.path}` || text.startsWith("all ") ? null : text.replaceAll("sk-1234", "***"),
      hint: () => undefined,
      report: (message, error) => void made.reports.push(`${message} ${String(error)}`),
    }),
  };
  return made;
}

function stored({ storage }: SimulatedObject): RunState | undefined {
  return storage.execution(ID) && fold(PLAN, { executionId: ID, runAttempt: 1 }, storage.log(ID));
}

async function start({ object }: World): Promise<void> {
  for (;;) {
    const answer = await settled(object, () =>
      object.ask((cell) =>
        cell.start({
          executionId: ID,
          tenantId: "ten_simulated",
          environment: "test",
          planDigest: "tasks",
          plan: { definition: PLAN.definition, pins: PLAN.pins },
          inputs: {},
          mode: "async",
          actor: "key_simulated",
          idempotency: { key: "one", bodyHash: "same" },
        }),
      ),
    );
    if (answer?.kind === "accepted") return;
  }
}

/** Time goes on until the question is answered. */
async function settled<T>(object: SimulatedObject, ask: () => Promise<T>): Promise<T> {
  let answer: { value: T } | undefined;
  void ask().then((value) => {
    answer = { value };
  });
  for (let step = 0; !answer; step += 1) {
    if (step > 10_000) throw new Error("nobody answers");
    await object.step();
  }
  return answer.value;
}

const tell = ({ object }: World, call: ActionCall, report: TaskReport): Promise<TaskAnswer | null | undefined> =>
  settled(object, () =>
    object.ask((cell) => cell.reportTask(ID, { path: call.path, runAttempt: 1, attempt: call.attempt }, report)),
  );

/** Until the disk says so; the cell is left alone otherwise. */
async function until(made: World, what: (state: RunState) => boolean): Promise<RunState> {
  for (let step = 0; step < 20_000; step += 1) {
    const state = stored(made.object);
    if (state && what(state)) return state;
    await made.object.step();
  }
  throw new Error("it never comes to that");
}

test("150 schedules of kills: a pending attempt is never called again, and its result counts once", {
  timeout: 60_000,
}, async () => {
  let kills = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = chance(seed);
    const often = 0.02 + random() * 0.15;
    const made = world((_point, soFar) => soFar < 12 && random() < often);
    await start(made);
    const taken: string[] = [];
    while (stored(made.object)?.status !== "completed") {
      const next = made.calls.find(({ path }) => !taken.includes(path));
      if (!next || random() < 0.3) {
        await made.object.step();
        continue;
      }
      if (random() < 0.4) await tell(made, next, { kind: "heartbeat" });
      const answer = await tell(made, next, { kind: "finish", envelope: { n: `${next.path} ${taken.length}` } });
      // Killed before the answer left: the service repeats it, and hears that it is over when it had counted.
      if (answer?.kind === "taken" || answer?.kind === "over") taken.push(next.path);
      else expect(answer, `seed ${seed}`).toBeUndefined();
    }
    expect(made.wrong, `seed ${seed}`).toEqual([]);
    expect(made.reports, `seed ${seed}`).toEqual([]);
    // A service that is faster than its 202 is read without; nothing of what was kept stays.
    const given = (line: string) => /^(.+): (given to \1|undefined)$/.test(line);
    expect(made.finishedWith.every(given), `seed ${seed} ${made.finishedWith}`).toBe(true);
    expect(made.object.storage.read("SELECT * FROM task_revealed"), `seed ${seed}`).toEqual([]);
    const log = [...made.object.storage.log(ID)];
    expect(log.filter(({ type }) => type === "step.completed").length, `seed ${seed}`).toBe(4);
    expect(
      log.some((event) => event.type === "step.started" && event.attempt > 1),
      `seed ${seed}`,
    ).toBe(false);
    kills += made.object.kills;
  }
  expect(kills).toBeGreaterThan(300);
});

test("while its service is at it, an execution lies on the disk: no timer, no call; its alarm is its time limit", async () => {
  const made = world(() => false);
  await start(made);
  await until(made, (state) => state.open.get("a")?.task !== undefined);
  const { object } = made;
  for (let step = 0; step < 20 && object.cell.unfinished > 0; step += 1) await object.step();
  expect(object.cell.unfinished).toBe(0);
  expect(object.storage.awake()).toEqual([]);
  const { writes } = object;
  const begun = object.clock.now();
  const failed = await until(made, ({ status }) => status === "failed");
  expect(object.clock.now() - begun).toBeGreaterThan(595_000);
  expect(failed.error).toMatchObject({ code: "TIMEOUT" });
  expect(made.calls).toHaveLength(1);
  expect(object.writes - writes).toBeLessThan(20);
});

test("heartbeats keep an attempt alive over sleep and kills, and are written a few times an interval at most", async () => {
  const made = world(() => false, 60_000);
  await start(made);
  await until(made, (state) => state.open.get("a")?.task !== undefined);
  const [call] = made.calls;
  if (!call) throw new Error("nothing was called");
  const { object } = made;
  for (let beat = 0; beat < 40; beat += 1) {
    const next = object.clock.now() + 7_000;
    let passed = false;
    object.clock.at(next, () => {
      passed = true;
    });
    while (!passed) await object.step();
    if (beat === 20) object.kill();
    expect(await tell(made, call, { kind: "heartbeat" })).toEqual({ kind: "taken" });
  }
  const beats = [...object.storage.log(ID)].filter(({ type }) => type === "step.heartbeat").length;
  expect(beats).toBeGreaterThanOrEqual(10);
  expect(beats).toBeLessThanOrEqual(20);
  const silentFrom = object.clock.now();
  const failed = await until(made, ({ status }) => status === "failed");
  expect(failed.error).toMatchObject({ code: "TIMEOUT" });
  const silent = object.clock.now() - silentFrom;
  expect(silent).toBeGreaterThanOrEqual(60_000);
  expect(silent).toBeLessThan(90_000);
  expect(made.calls).toHaveLength(1);
});

test("what a service says of its progress is shown masked, and not at all where it cannot be masked", async () => {
  const made = world(() => false);
  await start(made);
  await until(made, (state) => state.open.get("a")?.task !== undefined);
  const [call] = made.calls;
  if (!call) throw new Error("nothing was called");
  const said: TaskReport[] = [
    { kind: "progress", percent: 10, message: "with sk-1234" },
    { kind: "progress", percent: 20, message: "all sk-1234" },
    { kind: "progress", percent: 30 },
  ];
  const progress = () => [...made.object.storage.log(ID)].filter(({ type }) => type === "step.progress");
  for (const [at, report] of said.entries()) {
    expect(await tell(made, call, report)).toEqual({ kind: "taken" });
    await until(made, () => progress().length > at);
  }
  expect(progress()).toMatchObject([{ percent: 10, message: "with ***" }, { percent: 20 }, { percent: 30 }]);
  expect(JSON.stringify([...made.object.storage.log(ID)])).not.toContain("sk-1234");
});

test("what a service was given is kept, sealed, over kills until its attempt is over, and no event holds it", async () => {
  const made = world(() => false);
  await start(made);
  await until(made, (state) => state.open.get("a")?.task !== undefined);
  const [call] = made.calls;
  if (!call) throw new Error("nothing was called");
  made.object.kill();
  expect(made.object.storage.read("SELECT * FROM task_revealed")).toEqual([
    { execution: ID, path: "a", attempt: 1, sealed: "given to a" },
  ]);
  expect(await tell(made, call, { kind: "finish", envelope: { n: 1 } })).toEqual({ kind: "taken" });
  expect(made.finishedWith).toEqual(["a: given to a"]);
  await until(made, ({ open }) => [...open.values()].filter(({ task }) => task).length === 2);
  const kept = () => made.object.storage.read("SELECT path FROM task_revealed ORDER BY path");
  const both = made.calls.slice(1).map(({ path }) => ({ path }));
  expect(both).toHaveLength(2);
  expect(kept()).toEqual(both);
  await until(made, ({ status }) => status === "failed");
  expect(kept()).toEqual([]);
  expect(JSON.stringify([...made.object.storage.log(ID)])).not.toContain("given to");
});
