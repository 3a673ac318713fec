import { afterAll, beforeAll, expect, test } from "vitest";
import { FAULT_POINTS, type FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";
import { callPlatform } from "../../scripts/call-platform.ts";
import { changeLimits, growShards } from "../../scripts/change-limits.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { archiveAudit } from "./archive-audit.ts";
import { COUNTING_CONNECTOR, CountingService } from "./counting-service.ts";
import { SCENARIO_OF, SCENARIOS } from "./fault-scenarios.ts";
import { FAULT_WORKFLOWS, NEXT_MOVER, TOO_LARGE } from "./fault-workflows.ts";
import { FaultWorld, type Owner, pause } from "./fault-world.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { FaultyPlatform } from "./faulty-platform.ts";

/*
 * SIGKILL of workerd at every named point of the coordinator, while clients go on as
 * if nothing were: what was begun ends as it should, each step is recorded once, usage is exact, and a service that knows
 * nothing of the platform has seen no call that should not be. FAULT_POINT=name kills at that one alone; FAULT_PASSAGES=1 at the
 * first passage only, which takes a third of the time.
 */

const PASSAGES = process.env.FAULT_PASSAGES;
const ONLY = process.env.FAULT_POINT;
const POINTS = FAULT_POINTS.filter((point) => ONLY === undefined || new RegExp(`^${ONLY}`).test(point));
/** What is archived or purged is killed once at each point, unless `FAULT_PASSAGES` says more: each of its scenarios takes seconds. */
const MOST_PASSAGES = (point: FaultPoint) =>
  Number(PASSAGES ?? (/^(large|archive|restore|purge)\./.test(point) ? 1 : 3));
/** Points of one scenario, a few at a time: then all must have ended. */
const AT_ONCE = 6;
const GROUPS = Object.keys(SCENARIOS).flatMap((scenario) => {
  const points = POINTS.filter((point) => SCENARIO_OF[point] === scenario);
  const groups = Array.from({ length: Math.ceil(points.length / AT_ONCE) }, (__, n) =>
    points.slice(n * AT_ONCE, (n + 1) * AT_ONCE),
  );
  return groups.map((group): [string, FaultPoint[]] => [group.join(", "), group]);
});
/** A point that is not passed so often by then is one that the scenario does not come by. */
const PLAYS = 8;
const LONGEST_MS = 45_000;
/** What was begun by then may still come by it. */
const LAST_MS = 20_000;

let service: CountingService;
let receiver: HookReceiver;
let platform: FaultyPlatform;
let world: FaultWorld;
let stopWatching: () => Promise<void>;
const spent: [string, number][] = [];

async function makeOwner(name: string): Promise<Owner> {
  const made = await createTenant(platform.dataDir, platform.url, name);
  const owner = { tenantId: String(made.tenant_id), apiKey: String(made.api_key) };
  const headers = { authorization: `Bearer ${owner.apiKey}`, "content-type": "application/yaml" };
  for (const [path, body] of [
    ["/plugins", COUNTING_CONNECTOR],
    ["/workflows", FAULT_WORKFLOWS],
    ["/workflows", NEXT_MOVER],
  ]) {
    const answer = await fetch(`${platform.url}${path}`, { method: "POST", headers, body });
    expect(answer.status, await answer.text()).toBe(201);
  }
  return owner;
}

beforeAll(async () => {
  service = await CountingService.start();
  receiver = await HookReceiver.start();
  platform = await FaultyPlatform.start({
    "counting-service:9000": service.address,
    "hooks.test": receiver.address,
  });
  const [main, narrow, short] = [await makeOwner("Main"), await makeOwner("Narrow"), await makeOwner("Short")];
  world = new FaultWorld(platform, service, main, narrow, short);
  await changeLimits(platform.dataDir, platform.url, short.tenantId, { retention_days: 0 });
  await changeLimits(platform.dataDir, platform.url, narrow.tenantId, { concurrent_executions: 1 });
  // So that starts ask the shard which had their key before.
  await growShards(platform.dataDir, platform.url, main.tenantId, 2);
  const endpoint = { url: "https://hooks.test/all", event_types: ["workflow.*"] };
  expect((await world.send("POST", "/webhooks/endpoints", endpoint)).status).toBe(201);
  stopWatching = world.watch();
}, 120_000);

afterAll(async () => {
  await stopWatching?.();
  await platform?.close();
  service?.close();
  receiver?.close();
  const total = spent.reduce((sum, [, ms]) => sum + ms, 0);
  const slowest = spent.toSorted((a, b) => b[1] - a[1]).slice(0, 5);
  console.log(
    `${platform?.kills.length} kills in ${Math.round(total / 1000)} s; ${world?.polls} looks; waited at most ${world?.longestMs} ms without a kill; silent: ${platform?.silent.join(", ")}; slowest: ${slowest.map(([name, ms]) => `${name} ${ms} ms`).join(", ")}`,
  );
});

/** Plays until the kill; false when the point was not passed so often. */
async function killAt(point: FaultPoint, passage: number, plays: Promise<void>[]): Promise<boolean> {
  const began = performance.now();
  world.fault = `${point} ${passage}`;
  const { killed, back } = await platform.killAt(point, passage);
  const play = SCENARIOS[SCENARIO_OF[point]];
  let dead = false;
  void killed.then(() => {
    dead = true;
  });
  // Whatever was under way at the kill before goes on now.
  void platform.sweep();
  for (let count = 0; count < PLAYS && !dead && performance.now() - began < LONGEST_MS; count += 1) {
    const playing = play(world);
    plays.push(playing);
    playing.catch(() => undefined);
    await Promise.race([killed, playing.then(() => pause(20))]);
  }
  const reached = await Promise.race([killed.then(() => true), pause(dead ? 0 : LAST_MS).then(() => false)]);
  if (reached) await back;
  const tookMs = Math.round(performance.now() - began);
  spent.push([world.fault, tookMs]);
  process.stdout.write(`${world.fault}: ${reached ? `killed and back in ${tookMs} ms` : "never passed"}\n`);
  return reached;
}

test.each(GROUPS)(
  "killed at %s: all ends as if nothing had happened",
  async (_, points) => {
    const plays: Promise<void>[] = [];
    const missed: string[] = [];
    for (const point of points)
      for (let passage = 1; passage <= MOST_PASSAGES(point); passage += 1)
        if (!(await killAt(point, passage, plays))) missed.push(`${point} ${passage}`);
    const began = performance.now();
    await platform.sweep();
    const played = await Promise.allSettled(plays);
    const wrong = played.flatMap((play) => (play.status === "rejected" ? [String(play.reason)] : []));
    wrong.push(...(await world.settle()));
    spent.push([`after ${points.at(-1)}`, Math.round(performance.now() - began)]);
    if (wrong.length > 0) process.stdout.write(`${wrong.join("\n")}\n`);
    expect(wrong).toEqual([]);
    expect(missed, "points that were never passed").toEqual([]);
  },
  // 18 kills, each of which brings back a platform that many wait for: a minute and a half on a quiet machine.
  900_000,
);

test("one poisoned execution among a hundred, with kills between: it fails by name and harms none", async () => {
  const flights = Array.from({ length: 40 }, () => world.run("chain", { runs: 2 }));
  const poisoned = world.run("poison", { status: "failed", runs: 1, inputs: { big: TOO_LARGE } });
  for (const [point, passage] of [
    ["commit.before", 3],
    ["commit.written", 4],
    ["call.answered", 9],
  ] as const) {
    const { killed, back } = await platform.killAt(point, passage);
    flights.push(...Array.from({ length: 20 }, () => world.run("chain", { runs: 2 })));
    await killed;
    await back;
    await platform.sweep();
  }
  await Promise.all(flights);
  expect(await world.settle()).toEqual([]);
  const { error } = await world.record(await poisoned);
  expect(error).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  expect(platform.kills.slice(-3).map((kill) => kill.split(" ")[0])).toEqual([
    "commit.before",
    "commit.written",
    "call.answered",
  ]);
}, 300_000);

test("after all kills what was archived is whole and proves it, what was purged is gone, and nothing else lies in the bucket", async () => {
  expect(await archiveAudit(world)).toEqual([]);
  const kept = [...world.begun].filter(([, { owner }]) => owner === world.short).length;
  console.log(`${kept} executions are in the archive, ${world.purged.size} are purged`);
}, 480_000);

test("after all kills usage is exact: logs, records and sums say the same, and the service has seen as many calls", async () => {
  const audit = async ({ tenantId }: Owner): Promise<{ differences: unknown[]; executions: number }> => {
    const found = { differences: [] as unknown[], executions: 0 };
    for (let cursor: unknown; ; ) {
      const answer = await callPlatform(platform.url, {
        method: "POST",
        path: "/internal/usage/audit",
        authorization: `Bootstrap ${platform.bootstrapToken}`,
        json: { tenant_id: tenantId, cursor },
      });
      if (answer.tenant_id === null) break;
      found.differences.push(...(Array.isArray(answer.differences) ? answer.differences : []));
      found.executions += Number(answer.executions);
      cursor = answer.next_cursor;
      if (typeof cursor !== "string") break;
    }
    return found;
  };
  for (const owner of [world.main, world.short])
    await expect.poll(async () => (await audit(owner)).differences, { timeout: 120_000, interval: 500 }).toEqual([]);
  const { body } = await world.insist(() => world.send("GET", "/usage?group_by=connector&granularity=total"));
  const counted: { group: string | null; step_runs: number }[] = body.data;
  const mine = new Set([...world.begun].filter(([, { owner }]) => owner === world.main).map(([id]) => id));
  const others = new Set([...world.begun].filter(([, { owner }]) => owner !== world.main).map(([id]) => id));
  const foreign = (id: string) => others.has(id) || world.purged.has(id) || id === "";
  const calls = service.calls.filter(({ execution }) => !foreign(execution));
  const seen = new Set(calls.map(({ key, attempt }) => `${key}#${attempt}`));
  expect(counted.find(({ group }) => group === "community/counting")?.step_runs).toBe(seen.size);
  const repeated = calls.length - seen.size;
  console.log(`${mine.size} executions begun, ${calls.length} calls, ${repeated} of them again after a kill`);
}, 400_000);

test("each end was told once: a webhook that is sent again has the same id and the same body", async () => {
  const ended = [...world.begun].filter(([, { owner, status }]) => owner === world.main && status !== "failed");
  const untold = () =>
    ended.filter(([id]) => receiver.endsOf(id).length === 0).map(([id, { fault }]) => `${fault} ${id}`);
  const until = Date.now() + 200_000;
  while (untold().length > 0 && Date.now() < until) await pause(500);
  const known = untold()
    .slice(0, 4)
    .map(async (it) => {
      const id = it.split(" ").at(-1);
      const { body } = await world.insist(() => world.send("GET", `/webhooks/deliveries?execution=${id}`));
      return `${it}: ${JSON.stringify(body.data)}`;
    });
  expect(await Promise.all(known), "ends that nobody was told, and what is known of their deliveries").toEqual([]);
  for (const [id, { status, fault }] of ended) expect(receiver.endsOf(id), fault).toEqual([`workflow.${status}`]);
  expect(receiver.wrong).toEqual([]);
  console.log(`${receiver.ends.size} ends told, ${receiver.repeated} webhooks sent again`);
}, 400_000);
