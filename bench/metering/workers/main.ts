import type { OutboxHint } from "../../../contracts/outbox-hint.ts";
import { FreshUsage } from "../../../durable-objects/coordinator/fresh-usage.ts";
import { UsageReader } from "../../../durable-objects/coordinator/usage-reader.ts";
import type { Env } from "../../../workers/env.ts";
import platform from "../../../workers/main.ts";
import { METERING_SWITCH, PEEKS, REPLAYS, type SwitchPosition } from "../metering-switch.ts";

/*
 * The platform Worker with switches for M1; the platform itself has none. On and off go through the same wrappers, in the same
 * process, isolate and objects, so that what differs is metering alone.
 */

export {
  CampaignSteps,
  Campaigns,
  Connection,
  Coordinator,
  Feed,
  Relay,
  Services,
  TaskTokens,
  Tenant,
  TriggerStarts,
  Triggers,
} from "../../../workers/main.ts";

type Recorded = Parameters<FreshUsage["written"]>;

/** Calls of `written` that are kept to be replayed: those of 200 runs of W1 and more. */
const MOST_KEPT = 2_000;
const PAGE = 500;

let metering = true;
let held = false;
let peeking = false;
const hints = new Map<string, OutboxHint>();
const peeked = new Map<string, ReturnType<FreshUsage["take"]>>();
let recorded: Recorded[] = [];

const { written, take } = FreshUsage.prototype;
FreshUsage.prototype.written = function (executionId, plan, events) {
  if (held && recorded.length < MOST_KEPT) recorded.push([executionId, plan, events]);
  if (metering) written.call(this, executionId, plan, events);
};
// What was only looked at is there once more.
FreshUsage.prototype.take = function (executionId) {
  const fresh = peeked.get(executionId) ?? take.call(this, executionId);
  if (peeking) peeked.set(executionId, fresh);
  return fresh;
};

const { read } = UsageReader.prototype;
UsageReader.prototype.read = function (execution, most) {
  return metering ? read.call(this, execution, most) : { facts: [], acts: [], upTo: execution.metered, more: false };
};

const POSITIONS: Record<SwitchPosition, (env: Env) => Promise<number | undefined>> = {
  on: async () => {
    metering = true;
    return undefined;
  },
  off: async () => {
    metering = false;
    return undefined;
  },
  hold: async () => {
    held = true;
    recorded = [];
    peeked.clear();
    return undefined;
  },
  peek: async (env) => {
    peeking = true;
    for (let times = 0; times < PEEKS; times += 1) {
      for (const hint of hints.values())
        if ("cell" in hint) await env.COORDINATOR.getByName(hint.cell).readOutbox(0, PAGE);
    }
    peeking = false;
    return undefined;
  },
  replay: async () => {
    const ids = new Set(recorded.map(([executionId]) => executionId));
    for (let times = 0; times < REPLAYS; times += 1) {
      const fresh = new FreshUsage();
      for (const [executionId, plan, events] of recorded) written.call(fresh, executionId, plan, events);
      for (const id of ids) if (!take.call(fresh, id)) throw new Error(`nothing was recorded of ${id}`);
    }
    return ids.size * REPLAYS;
  },
  release: async (env) => {
    held = false;
    for (const hint of hints.values()) await env.OUTBOX.send(hint);
    hints.clear();
    return undefined;
  },
};

export default {
  ...platform,
  async fetch(request, env, ctx) {
    if (request.method !== "PUT" || !request.url.includes(METERING_SWITCH)) return platform.fetch(request, env, ctx);
    const position = request.url.slice(request.url.lastIndexOf("=") + 1);
    return Response.json({ done: (await POSITIONS[position as SwitchPosition](env)) ?? 0 });
  },
  queue(batch, env, ctx) {
    if (!held) return platform.queue(batch, env, ctx);
    for (const message of batch.messages) {
      hints.set(JSON.stringify(message.body), message.body);
      message.ack();
    }
  },
} satisfies ExportedHandler<Env, OutboxHint>;
