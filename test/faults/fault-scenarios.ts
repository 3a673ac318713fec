import type { FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { LONG_CALL_MS, TOO_LARGE } from "./fault-workflows.ts";
import { type FaultWorld, pause } from "./fault-world.ts";

/** What clients do while the platform is killed: each kind of them comes by other points. */
export type Scenario =
  | "starts"
  | "calls"
  | "newcomer"
  | "waits"
  | "turns"
  | "steer"
  | "crowd"
  | "budget"
  | "alarm"
  | "retire"
  | "purge";

export const SCENARIOS: Readonly<Record<Scenario, (world: FaultWorld) => Promise<void>>> = {
  /** Starts of every mode, with keys that are used twice, and readers. */
  async starts(world) {
    await Promise.all([
      world.run("chain", { runs: 2, twice: true }),
      world.run("chain", { runs: 2, twice: true, mode: "sync" }),
      world.run("chain", { runs: 2, mode: "isolated" }),
      world.run("chain", { runs: 2 }).then((id) => world.record(id, 1)),
    ]);
  },
  /** Calls at once, calls of other workflows, cached ones; and somebody who wants to know what was used. */
  async calls(world) {
    await Promise.all([
      world.run("fan", { runs: 7 }),
      world.run("caller", { runs: 1 }),
      world.run("cached", { runs: 1, inputs: { word: world.name("word") } }),
      // While the second call is under way, the first is not told yet.
      world
        .run("slow", { runs: 2 })
        .then(() => pause(150))
        .then(() => world.insist(() => world.send("GET", "/usage?granularity=total"))),
    ]);
  },
  async newcomer(world) {
    const make = () => createTenant(world.platform.dataDir, world.platform.url, "Newcomer");
    let made: Record<string, unknown> | undefined;
    while (!made) made = await make().catch(() => pause().then(() => undefined));
    const owner = { tenantId: String(made.tenant_id), apiKey: String(made.api_key) };
    const add = { connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 1 } };
    const workflow = {
      name: "First",
      steps: [
        { ...add, id: "one" },
        { ...add, id: "two" },
      ],
    };
    await world.insist(() => world.send("POST", "/workflows", workflow, owner));
    await world.run("first", { owner, runs: 2 });
  },
  /** What sleeps, and is woken by events. */
  async waits(world) {
    const said = async () => {
      const id = await world.run("listener", { runs: 1 });
      const { last_event_id: seen } = await world.until(id, "waiting");
      const page = world.insist(() => world.send("GET", `/workflows/executions/${id}/events?after=${seen}&wait=2`));
      await pause(60);
      await world.act(id, "events", { name: "said", payload: { word: world.name("word") } });
      await page;
    };
    const paid = async () => {
      const order = world.name("order");
      await world.run("keyed", { runs: 1, inputs: { order } });
      const event = { name: "paid", key: order, payload: { word: world.name("word") } };
      await world.tell("/events", event);
    };
    await Promise.all([said(), said(), paid()]);
  },
  /** Executions of one concurrency key. */
  async turns(world) {
    const key = world.name("turn");
    const ids = await Promise.all([1, 2, 3].map(() => world.run("turn", { runs: 1, inputs: { key } })));
    await Promise.all(ids.map((id) => world.record(id)));
  },
  /** What people do to executions, and services later. */
  async steer(world) {
    const cancel = async () => {
      const id = await world.run("listener", { status: "canceled" });
      await world.act(id, "cancel", { reason: "why" });
    };
    const retry = async () => {
      const id = await world.run("broken", { runs: 4, inputs: { by: 0, key: world.name("broken") } });
      await world.until(id, "failed");
      await world.act(id, "retry", { inputs: { by: 1 } });
    };
    const migrate = async () => {
      const id = await world.run("mover@1.0.0", { runs: 2 });
      await world.until(id, "waiting");
      await world.act(id, "migrate", { version: "1.1.0" });
      await world.act(id, "events", { name: "go" });
    };
    const finish = async () => {
      const id = await world.run("later", { runs: 1, inputs: { word: world.name("word") } });
      const token = () => [...world.service.tasks].find(([key]) => key.startsWith(id))?.[1];
      while (token() === undefined) await pause();
      await world.insist(() => world.send("POST", `/tasks/${token()}/complete`, { data: { done: true } }));
    };
    const spoil = () => world.run("poison", { status: "failed", runs: 1, inputs: { big: TOO_LARGE } });
    await Promise.all([cancel(), retry(), migrate(), finish(), spoil()]);
  },
  /** More than may run at once. */
  async crowd(world) {
    const ids = await Promise.all([1, 2, 3, 4].map(() => world.run("chain", { owner: world.narrow, runs: 2 })));
    await Promise.all(ids.map((id) => world.record(id)));
  },
  async budget(world) {
    await world.raise(1);
    const ids = await Promise.all([1, 2].map(() => world.run("budgeted", { runs: 2 })));
    for (const id of ids) await world.until(id, "paused", "completed");
    await world.raise(3);
    // Before the next raise: what these have not used would be the next ones'.
    for (const id of ids) await world.until(id, "completed");
  },
  /** What ended is archived, and read from there. */
  async retire(world) {
    const { short: owner } = world;
    const ids = await Promise.all([world.run("chain", { owner, runs: 2 }), world.run("much", { owner, runs: 1 })]);
    await Promise.all(ids.map((id) => world.until(id, "completed")));
    await world.putAway();
    await Promise.all(ids.map((id) => world.record(id)));
    for (const id of ids)
      await world.insist(() => world.send("GET", `/workflows/executions/${id}/history`, undefined, owner));
    await world.putAway();
  },
  /** What ended goes for good: archived or not, by people who ask again until they are answered, and by one who asks once. */
  async purge(world) {
    const { short: owner } = world;
    const over = () => world.run("over", { owner, inputs: { word: world.name("word") } });
    const ids = await Promise.all([over(), world.run("much", { owner, runs: 1 }), over()]);
    await Promise.all(ids.map((id) => world.until(id, "completed")));
    if (world.purged.size % 2 === 1) await world.putAway();
    await Promise.all(ids.map((id, nth) => world.purge(id, nth < 2)));
  },
  /**
   * Objects that nobody but their own alarm brings back. No more of them than their alarms take: a hundred calls in hand is what a
   * connector is given at once, and whatever a kill leaves is in hand again after it.
   */
  async alarm(world) {
    await Promise.all([1, 2, 3].map(() => world.run("long", { mode: "isolated", runs: 2 })));
    await pause(LONG_CALL_MS + 2_000);
  },
};

/** Which scenario comes by a point. */
export const SCENARIO_OF: Readonly<Record<FaultPoint, Scenario>> = {
  "queue.before": "crowd",
  "queue.released": "crowd",
  "leases.before": "starts",
  "leases.answered": "starts",
  "cache.asked": "calls",
  "cache.before": "calls",
  "cache.put": "calls",
  "finish.read": "steer",
  "finish.put": "steer",
  "write.before": "starts",
  "write.inside": "starts",
  "usage.before": "calls",
  "usage.written": "calls",
  "call.answered": "starts",
  "call.before": "starts",
  "start.before": "starts",
  "start.entered": "starts",
  "start.born": "starts",
  "start.committed": "starts",
  "get.waited": "starts",
  "get.read": "starts",
  "position.asked": "turns",
  "retry.done": "steer",
  "act.taken": "steer",
  "act.recorded": "steer",
  "outbox.read": "starts",
  "outbox.before_ack": "starts",
  "outbox.acked": "starts",
  "outbox.announced": "starts",
  "recover.before": "starts",
  "recover.revived": "starts",
  "alarm.rang": "alarm",
  "alarm.awoken": "alarm",
  "alarm.before_next": "alarm",
  "alarm.set": "alarm",
  "replay.committed": "starts",
  "replay.waited": "starts",
  "sync.ended": "starts",
  "child.before": "calls",
  "child.linked": "calls",
  "child.ended": "calls",
  "commit.before": "starts",
  "commit.written": "starts",
  "commit.told": "starts",
  "register.before": "starts",
  "register.told": "newcomer",
  "register.wish": "starts",
  "register.done": "starts",
  "hint.before": "starts",
  "hint.sent": "starts",
  "event.before": "waits",
  "event.answered": "waits",
  "slot.before": "turns",
  "slot.answered": "turns",
  "slot.given_back": "turns",
  "events.awaited": "waits",
  "large.before": "retire",
  "large.intended": "retire",
  "large.put": "retire",
  "archive.orphans": "retire",
  "archive.packed": "retire",
  "archive.before_put": "retire",
  "archive.put": "retire",
  "archive.before_leave": "retire",
  "archive.leaving": "retire",
  "archive.left": "retire",
  "restore.fetched": "retire",
  "restore.checked": "retire",
  "restore.line": "retire",
  "restore.before_row": "retire",
  "restore.here": "retire",
  "restore.text": "retire",
  "restore.text_checked": "retire",
  "restore.texts_inside": "retire",
  "restore.texts_here": "retire",
  "purge.brought": "purge",
  "purge.known": "purge",
  "purge.inside": "purge",
  "purge.written": "purge",
  "purge.listed": "purge",
  "purge.counted": "purge",
  "purge.deleted": "purge",
  "purge.removed": "purge",
  "purge.accepted": "purge",
  "purge.feed": "purge",
  "purge.cache": "purge",
  "purge.rows": "purge",
  "purge.before_done": "purge",
  "purge.done": "purge",
  "feed.wish": "alarm",
  "feed.before": "starts",
  "feed.pushed": "starts",
  "feed.marked": "starts",
  "plugin.before": "starts",
  "plugin.answered": "starts",
  "rest.before": "waits",
  "rest.asleep": "waits",
  "awaken.before": "waits",
  "awaken.awake": "waits",
  "leave.before": "starts",
  "leave.told": "starts",
  "resume.before": "waits",
  "resume.done": "waits",
  "fail.before": "steer",
  "retry.before": "steer",
  "retry.room": "steer",
  "retry.reopened": "steer",
  "retry.delivered": "steer",
  "retry.committed": "steer",
  "retry.slot": "steer",
  "migrate.settled": "steer",
  "migrate.delivered": "steer",
  "migrate.committed": "steer",
  "budget.answered": "budget",
  "budget.resumed": "budget",
  "claim.before": "starts",
  "claim.given": "starts",
  "entry.claimed": "starts",
  "entry.may_start": "starts",
  "entry.slot": "turns",
  "entry.may_begin": "starts",
  "task.before": "steer",
  "task.read": "steer",
  "task.delivered": "steer",
  "task.committed": "steer",
};
