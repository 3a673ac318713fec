import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { COUNTING_CONNECTOR, CountingService } from "./counting-service.ts";
import { DISTURBED_PLATFORM, disturb } from "./disturbance.ts";
import { FaultWorld, pause } from "./fault-world.ts";

/*
 * The clock of a real platform is set by an hour, forward and back, while executions wait, retry and are scheduled: nothing is lost,
 * nothing happens twice, no wait is over before its time by the clock, and no duration is negative.
 */

const HOUR_MS = 3_600_000;
const work = (id: string, more = ""): string =>
  `{id: ${id}, connector: "connector:community/counting@1.0.0", action: work, input: {ms: 10, after: ""}${more}}`;
const flaky = `{id: shaky, connector: "connector:community/counting@1.0.0", action: flaky, input: {ms: 5, after: ""}, retry: {max_attempts: 3, backoff: fixed, initial_delay_ms: 9000, jitter: false}}`;
const WORKFLOWS = `
workflows:
  - name: Napping
    steps: [${work("one")}, {id: nap, type: wait, duration: 9s}, ${work("two")}]
  - name: Sleeping
    steps: [${work("one")}, {id: sleep, type: wait, duration: 50m}, ${work("two")}]
  - name: Shaky
    steps: [${flaky}, ${work("two")}]
  - name: Patient
    steps: [${work("one")}, {id: go, type: wait, until: {event: go}, timeout: 3h}, ${work("two")}]
  - name: Quick
    steps: [${work("one")}, ${work("two")}]
`;

let service: CountingService;
let platform: TestPlatform;
let world: FaultWorld;

beforeAll(async () => {
  service = await CountingService.start();
  platform = await startTestPlatform({
    entries: DISTURBED_PLATFORM,
    services: false,
    sweepMs: 1_000,
    hosts: { "counting-service:9000": service.address },
  });
  const owner = platform.tenant;
  const where = { url: platform.url, dataDir: platform.platform.dataDir, sweep: () => pause(1_200) };
  world = new FaultWorld(where, service, owner, owner, owner);
  for (const [path, body] of [
    ["/plugins", COUNTING_CONNECTOR],
    ["/workflows", WORKFLOWS],
  ] as const)
    expect((await world.send("POST", path, body)).status).toBe(201);
}, 120_000);

afterEach(() => set(0));

afterAll(async () => {
  await platform?.close();
  service?.close();
});

const set = (skewMs: number) => disturb(platform.url, { skewMs });
const ended = async (id: string, ms = 120_000): Promise<ExecutionRecord> => {
  const end = Date.now() + ms;
  for (;;) {
    const record = await world.record(id, 1);
    if (record.finished_at !== null) return record;
    if (Date.now() > end) throw new Error(`${id} is ${record.status} ${JSON.stringify(record.waiting_for)}`);
  }
};
function endsAs(id: string, status: string): void {
  const begun = world.begun.get(id);
  if (begun) begun.status = status;
}

/**
 * A call whose time was over by the clock that was set under it (docs/design/faults.md): it is a TIMEOUT, and each is one more step run.
 * Any other retry is none of the clock's.
 */
async function timedOutByTheClock(id: string): Promise<number> {
  const { body } = await world.insist(() => world.send("GET", `/workflows/executions/${id}/events`));
  const events: ExecutionEvent[] = body.data;
  const retries = events.filter(({ type }) => type === "step.retrying");
  for (const retry of retries) {
    const { step_path: path, data } = retry;
    const begun = events.findLast(
      (event) => event.step_path === path && event.type === "step.started" && event.id < retry.id,
    );
    const tookMs = Date.parse(retry.timestamp) - Date.parse(begun?.timestamp ?? "");
    expect(data, `${id} ${path}`).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(tookMs, `${id} ${path}: the clock jumped under it`).toBeGreaterThan(HOUR_MS / 2);
  }
  return retries.length;
}

/** All of it goes forward, whatever the clock did. */
function forward({ execution_id: id, started_at: from, finished_at: to, steps }: ExecutionRecord): void {
  expect(Date.parse(to ?? ""), id).toBeGreaterThanOrEqual(Date.parse(from ?? ""));
  for (const step of steps)
    expect(Date.parse(step.finished_at ?? ""), step.path).toBeGreaterThanOrEqual(Date.parse(step.started_at ?? ""));
}

describe("a clock that is set", () => {
  test.each([HOUR_MS, -HOUR_MS])(
    "by %i ms during waits and between tries: each goes on once, none before its time",
    async (by) => {
      const begun = Date.now();
      const patient = await world.run("patient", { runs: 2 });
      const sleeping = await world.run("sleeping", { runs: 2 });
      for (const id of [patient, sleeping]) await world.until(id, "waiting");
      // The short ones last: they must still wait when the clock is set.
      const [nap, shaky] = await Promise.all([world.run("napping", { runs: 2 }), world.run("shaky", { runs: 3 })]);
      await world.until(nap, "waiting");
      const between = async (): Promise<boolean> => {
        const { steps, finished_at: end } = await world.record(shaky);
        expect(end, "it was over before the clock was set").toBeNull();
        return steps.some(({ status }) => status === "retrying");
      };
      while (!(await between())) await pause(20);
      await set(by);
      if (by < 0) {
        // By the clock none of them is due for an hour.
        await pause(12_000);
        for (const id of [nap, shaky, sleeping]) expect((await world.record(id)).finished_at, id).toBeNull();
        await set(0);
      }
      for (const id of [nap, shaky]) forward(await ended(id));
      expect(Date.now() - begun).toBeLessThan(300_000);
      expect((await world.record(patient)).status, "its deadline is hours away").toBe("waiting");
      await world.act(patient, "events", { name: "go" });
      forward(await ended(patient));
      if (by < 0) await world.act(sleeping, "cancel");
      else forward(await ended(sleeping, 180_000));
      if (by < 0) endsAs(sleeping, "canceled");
      expect(await world.settle()).toEqual([]);
    },
    600_000,
  );

  test("back and forth while executions start and end: each ends as always, and a key means the same execution", async () => {
    const ids: string[] = [];
    for (const skewMs of [HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, -HOUR_MS, 0]) {
      const starts = Array.from({ length: 5 }, () => world.run("quick", { runs: 2, twice: true }));
      await set(skewMs);
      ids.push(...(await Promise.all(starts)), await world.run("quick", { runs: 2, twice: true, mode: "sync" }));
    }
    expect(new Set(ids).size, "no id comes twice").toBe(ids.length);
    // What was to be tried again by a clock that was ahead is due by it.
    await set(HOUR_MS);
    for (const id of ids) {
      forward(await ended(id));
      const begun = world.begun.get(id);
      if (begun) begun.runs += await timedOutByTheClock(id);
    }
    expect(await world.settle()).toEqual([]);
  }, 300_000);

  test("a due time that is jumped over or comes again by the clock starts once", async () => {
    const name = world.name("ticking");
    const step = { id: "o", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 1 } };
    const workflow = { name, steps: [step], outputs: { due: "{{ trigger.at }}" } };
    const triggers = [{ type: "schedule", cron: "* * * * * *" }];
    expect((await world.send("POST", "/workflows", { ...workflow, triggers })).status).toBe(201);
    const runs = async (): Promise<string[]> => {
      const ids: string[] = [];
      for (let more = ""; ; ) {
        const path = `/workflows/executions?workflow=${name}&limit=100${more}`;
        const { body } = await world.insist(() => world.send("GET", path));
        ids.push(...body.data.map((run: { execution_id: string }) => run.execution_id));
        if (typeof body.next_cursor !== "string") return ids;
        more = `&cursor=${encodeURIComponent(body.next_cursor)}`;
      }
    };
    const isAhead = (due: number): boolean => due >= Date.now() + HOUR_MS / 2;
    const hasHole = (dues: number[]): boolean => {
      const after = dues.filter(isAhead).toSorted((a, b) => a - b);
      return after.some((due, nth) => due !== (after[0] ?? 0) + nth * 1_000);
    };
    /**
     * What was due together starts in groups beside each other, and is listed some time later: when nothing more comes, all is there. A
     * start that was to be tried again may come later still, and leaves a hole till then.
     */
    const allDues = async (): Promise<number[]> => {
      const dues = new Map<string, number>();
      for (let [looks, quiet] = [0, 0]; looks < 60 && (quiet < 3 || hasHole([...dues.values()])); looks += 1) {
        await pause(1_500);
        const known = dues.size;
        for (const run of await runs()) {
          if (dues.has(run)) continue;
          const record = await ended(run);
          expect(record.status).toBe("completed");
          dues.set(run, Date.parse(String(record.result?.outputs.due)));
        }
        quiet = dues.size === known ? quiet + 1 : 0;
      }
      return [...dues.values()];
    };
    await pause(3_500);
    await set(-HOUR_MS);
    await pause(2_500);
    await set(0);
    await pause(2_500);
    await set(HOUR_MS);
    await pause(3_500);
    const [{ id }] = (await world.insist(() => world.send("GET", `/triggers?workflow=${name}`))).body.data;
    await world.send("POST", `/triggers/${id}/pause`, {});
    const dues = await allDues();
    expect(new Set(dues).size, "a due time starts once").toBe(dues.length);
    const before = dues.filter((due) => !isAhead(due));
    const after = dues.filter(isAhead);
    // Of the times that were jumped over those of the last minute are late, and the others missed.
    expect(before.length).toBeGreaterThan(3);
    expect(after.length).toBeGreaterThan(3);
    expect(hasHole(dues), after.toSorted((a, b) => a - b).join(" ")).toBe(false);
  }, 400_000);

  test("a stream token ends when it says, by the clock, and not before", async () => {
    const id = await world.run("patient", { runs: 2 });
    await world.until(id, "waiting");
    const made = await world.send("POST", "/streams/tokens", { execution_id: id, ttl: "5m" });
    expect(made.status, JSON.stringify(made.body)).toBeLessThan(300);
    const path = `/workflows/executions/${id}/events?token=${made.body.token}`;
    const look = async (): Promise<number> => {
      const response = await fetch(platform.url + path, { headers: { accept: "text/event-stream" } });
      await response.body?.cancel();
      return response.status;
    };
    expect(await look()).toBe(200);
    await set(HOUR_MS);
    expect(await look()).toBe(401);
    await set(-HOUR_MS);
    expect(await look()).toBe(200);
    await set(0);
    await world.act(id, "events", { name: "go" });
    forward(await ended(id));
    expect(await world.settle()).toEqual([]);
  }, 240_000);
});
