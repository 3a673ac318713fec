import { expect, test } from "vitest";
import { isSubscribed } from "../../contracts/event-types.ts";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { FeedWish } from "../../contracts/feed-rpc.ts";
import type { WebhookAnswer, WebhookRequest } from "../../contracts/webhook-delivery.ts";
import { chance } from "../tenant/simulated-tenant.ts";
import { endpointOf, eventOf, itemOf } from "./items.ts";
import { answerOf, type KillPoint, SimulatedFeed, START } from "./simulated-feed.ts";

const SCHEDULES = 60;
const EXECUTIONS = 8;
const HOUR_MS = 3_600_000;
const ENDPOINTS = [
  endpointOf("ordered", ["workflow.*", "step.completed"], { ordered: true }),
  endpointOf("all", ["*"]),
  endpointOf("ends", ["workflow.completed"]),
];

interface Arrival {
  id: string;
  body: string;
  at: number;
  /** When it was answered, and whether well; undefined while it is not. */
  done?: { at: number; ok: boolean };
}

/** Executions whose events are pushed by cells that repeat them until they are taken, and a feed object that is killed. */
class Schedule {
  readonly feed: SimulatedFeed;
  readonly wrong: string[] = [];
  readonly arrivals = new Map<string, Arrival[]>();
  readonly events = new Map<string, ExecutionEvent[]>();
  readonly read: ExecutionEvent[] = [];
  readonly wishes = new Map<string, FeedWish>();
  readonly #random: () => number;
  readonly #roughUntil = START + 300_000;

  constructor(seed: number) {
    this.#random = chance(seed);
    const often = 0.002 + this.#random() * 0.03;
    const kill = (_point: KillPoint): boolean => this.#rough && this.#random() < often;
    this.feed = new SimulatedFeed({
      kill,
      luck: this.#random,
      receive: (request) => this.#receive(request),
      cells: async () => ["cell/s0", "cell/s1"],
      setFeed: async (cell, { wish }) => {
        if (this.#rough && this.#random() < 0.3) throw new Error("the cell cannot be reached");
        this.wishes.set(cell, wish);
      },
    });
  }

  get #rough(): boolean {
    return this.feed.clock.now() < this.#roughUntil;
  }

  async play(): Promise<void> {
    const lives = this.#live();
    await this.feed.runUntil(START + 60 * HOUR_MS);
    await Promise.race([lives, new Promise((resolve) => setImmediate(resolve))]);
    this.#judge();
  }

  /** A reader of the stream that reads on from the position it has, whatever was killed meanwhile. */
  async #read(): Promise<void> {
    let position = await this.feed.insist(({ outlet }) => outlet.wantLog());
    for (;;) {
      const limit = 1 + Math.floor(this.#random() * 5);
      const page = await this.feed.insist(({ outlet }) => outlet.readLog({ after: position, limit }));
      if (page.gap) this.wrong.push("the stream has a gap");
      this.read.push(...page.events.map(({ event }) => event));
      position = page.position;
      if (!page.more) await this.feed.pause(Math.floor(this.#random() * 10_000));
      if (this.feed.clock.now() > START + 600_000) return;
    }
  }

  async #live(): Promise<void> {
    void this.#read();
    await this.feed.pause(5_000);
    for (const endpoint of ENDPOINTS) await this.feed.insist(({ webhooks }) => webhooks.create(endpoint, "key_me"));
    await Promise.all(
      Array.from({ length: EXECUTIONS }, (_, index) => this.#execute(`exec_${index}`, index % 3 === 0)),
    );
  }

  /** What its cell does: pushes what the feed has not confirmed, in order, and again when the answer was lost. */
  async #execute(execution: string, withCallback: boolean): Promise<void> {
    await this.feed.pause(Math.floor(this.#random() * 60_000));
    const types = ["workflow.started", "step.started", "step.completed", "step.started", "step.completed"];
    const all: ExecutionEvent[] = [];
    this.events.set(execution, all);
    const callbackUrl = withCallback ? `https://callback.example.org/${execution}` : undefined;
    let confirmed = 0;
    for (const type of [...types, "workflow.completed"]) {
      all.push(eventOf(execution, all.length + 1, type, this.feed.clock.now(), { luck: this.#random() }));
      if (this.#random() < 0.5 && type !== "workflow.completed") continue;
      // What was confirmed may come again, in part or whole.
      const from = Math.floor(this.#random() * (confirmed + 1));
      const item = itemOf(execution, all.slice(from), { callbackUrl });
      await this.feed.insist(({ outlet }) => outlet.push([item]));
      confirmed = all.length;
      await this.feed.pause(Math.floor(this.#random() * 20_000));
    }
  }

  async #receive({ url, id, body }: WebhookRequest): Promise<WebhookAnswer> {
    const arrival: Arrival = { id, body, at: this.feed.clock.now() };
    this.arrivals.set(url, [...(this.arrivals.get(url) ?? []), arrival]);
    const luck = this.#random();
    await this.feed.pause(luck < 0.1 && this.#rough ? 15_000 : Math.floor(this.#random() * 500));
    const ok = !this.#rough || this.#random() < 0.6;
    arrival.done = { at: this.feed.clock.now(), ok };
    return ok ? answerOf(200) : luck < 0.05 ? answerOf(null, { fault: "timeout" }) : answerOf(500);
  }

  #judge(): void {
    const { rows } = this.feed;
    const count = (condition: string): number =>
      Number(rows.call(this.feed, `SELECT count(*) AS n FROM deliveries WHERE ${condition}`)[0]?.n);
    let expected = 0;
    for (const endpoint of ENDPOINTS) {
      const arrivals = this.arrivals.get(endpoint.url) ?? [];
      for (const [execution, events] of this.events) {
        const wanted = events.filter(({ type }) => isSubscribed(endpoint.eventTypes, type));
        expected += wanted.length;
        for (const event of wanted) this.#judgeOne(endpoint.id, arrivals, event);
        if (endpoint.ordered) this.#judgeOrder(arrivals, execution, wanted);
      }
      if (count(`endpoint = '${endpoint.id}'`) !== wantedCount(this.events, endpoint.eventTypes))
        this.wrong.push(`${endpoint.id} has ${count(`endpoint = '${endpoint.id}'`)} deliveries`);
    }
    for (const [execution] of this.events) {
      const told = this.arrivals.get(`https://callback.example.org/${execution}`) ?? [];
      const wants = Number(execution.slice(5)) % 3 === 0;
      if (wants) expected += 1;
      if (wants !== told.some(({ done }) => done?.ok)) this.wrong.push(`the callback of ${execution} was told wrongly`);
      if (new Set(told.map(({ id, body }) => `${id} ${body}`)).size > 1) this.wrong.push("a callback changed");
    }
    if (count("state = 'delivered'") !== expected) this.wrong.push(`${count("state = 'delivered'")} of ${expected}`);
    if (count("1") !== expected) this.wrong.push(`${count("1")} deliveries for ${expected}`);
    for (const [execution, events] of this.events) {
      const seen = this.read.filter((event) => event.execution_id === execution).map(({ id }) => id);
      if (seen.join() !== events.map(({ id }) => id).join()) this.wrong.push(`${execution} was read as ${seen.join()}`);
    }
    const audited = [...this.feed.audit.values()].sort();
    const made = ENDPOINTS.map(({ id }) => `webhook_endpoint.created ${id}`).sort();
    if (audited.join() !== made.join()) this.wrong.push(`audited: ${audited.join()}`);
    for (const cell of ["cell/s0", "cell/s1"])
      if (JSON.stringify(this.wishes.get(cell)) !== '{"types":"all"}')
        this.wrong.push(`${cell} does not know the wish`);
  }

  #judgeOne(endpoint: string, arrivals: readonly Arrival[], event: ExecutionEvent): void {
    const end = event.type === "workflow.completed" ? "" : `:${event.id}`;
    const id = `${event.execution_id}:1:${event.type}${end}`;
    const own = arrivals.filter((it) => it.id === id);
    if (!own.some(({ done }) => done?.ok)) this.wrong.push(`${endpoint} never took ${id}`);
    if (own.some(({ body }) => body !== JSON.stringify(event))) this.wrong.push(`${id} came with another body`);
  }

  /** An attempt begins only after the event before it was taken. */
  #judgeOrder(arrivals: readonly Arrival[], execution: string, wanted: readonly ExecutionEvent[]): void {
    const own = arrivals.filter(({ id }) => id.startsWith(`${execution}:`));
    for (const [index, event] of wanted.entries()) {
      const before = wanted[index - 1];
      if (before === undefined) continue;
      const first = own.find(({ body }) => body === JSON.stringify(event));
      if (first === undefined) continue;
      const taken = ({ body, done }: Arrival) => body === JSON.stringify(before) && done?.ok && done.at <= first.at;
      if (!own.some(taken)) this.wrong.push(`${execution}: ${event.id} overtook`);
    }
  }
}

function wantedCount(events: ReadonlyMap<string, ExecutionEvent[]>, types: readonly string[]): number {
  return [...events.values()].flat().filter(({ type }) => isSubscribed(types, type)).length;
}

test(`${SCHEDULES} schedules of kills: nothing is lost or counted twice, ids and bodies stay, order is kept where asked`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const schedule = new Schedule(seed);
    await schedule.play();
    kills += schedule.feed.kills;
    expect(schedule.wrong, `seed ${seed}`).toEqual([]);
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
}, 60_000);
