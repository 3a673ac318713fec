import { Campaigns as ProductCampaigns } from "../../durable-objects/campaigns/campaigns.ts";
import {
  Coordinator as ProductCoordinator,
  type CoordinatorEnv,
} from "../../durable-objects/coordinator/coordinator.ts";
import { Feed as ProductFeed } from "../../durable-objects/feed/feed.ts";
import { Relay as ProductRelay } from "../../durable-objects/relay/relay.ts";
import { Services as ProductServices } from "../../durable-objects/services/services.ts";
import { TaskTokens as ProductTaskTokens } from "../../durable-objects/task-tokens/task-tokens.ts";
import { Tenant as ProductTenant } from "../../durable-objects/tenant/tenant.ts";
import { Triggers as ProductTriggers } from "../../durable-objects/triggers/triggers.ts";
import type { PluginRpc } from "../../contracts/rpc.ts";
import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import type { Env } from "../../workers/env.ts";
import platform from "../../workers/main.ts";
import type { Disturbance } from "../faults/disturbance.ts";
import { type Aborting, abortAfterCommits } from "./abort-after-commits.ts";

export { CampaignSteps, Connection, TriggerStarts } from "../../workers/main.ts";

/*
 * The platform whose coordinator objects leave the memory after each of their commits, or whose clock is set, when a test says so.
 * The clock is that of this Worker and of all its objects; alarms and timers are the platform's, which counts by itself.
 */

const realNow = Date.now.bind(Date);
let skewMs = 0;
Date.now = () => realNow() + skewMs;

let evicts = false;
const aborting: Aborting = { may: () => evicts, count: 0 };

/** An alarm is set by the clock that the object knows, and rings by the one that nobody sets. */
function setsAlarms(ctx: DurableObjectState): DurableObjectState {
  const { storage } = ctx;
  const set = storage.setAlarm.bind(storage);
  const value: typeof storage.setAlarm = (at, options) => set(Number(at) - skewMs, options);
  Object.defineProperty(storage, "setAlarm", { value });
  return ctx;
}

/** A plugin, whose clock is nobody's to set here, is told the deadline as it reads it. */
function byItsClock<Plugin extends PluginRpc>(plugin: Plugin): PluginRpc {
  return {
    invoke: (call: ActionCall, ...more) => plugin.invoke({ ...call, deadline: call.deadline - skewMs }, ...more),
  };
}

export class Coordinator extends ProductCoordinator {
  constructor(ctx: DurableObjectState, env: CoordinatorEnv) {
    abortAfterCommits(ctx, aborting);
    const { HTTP_PLUGIN: http, TOOLBOX_PLUGIN, CODE_PLUGIN } = env;
    super(setsAlarms(ctx), {
      ...env,
      TOOLBOX_PLUGIN: byItsClock(TOOLBOX_PLUGIN),
      CODE_PLUGIN: byItsClock(CODE_PLUGIN),
      HTTP_PLUGIN: {
        ...byItsClock(http),
        invokeKnown: (ref, call, context) =>
          http.invokeKnown(ref, { ...call, deadline: call.deadline - skewMs }, context),
        finish: (...asked) => http.finish(...asked),
        maskSaid: (...asked) => http.maskSaid(...asked),
      },
    });
  }
}

export class Campaigns extends ProductCampaigns {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductCampaigns>[1]) {
    super(setsAlarms(ctx), env);
  }
}

export class Feed extends ProductFeed {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductFeed>[1]) {
    super(setsAlarms(ctx), env);
  }
}

export class Relay extends ProductRelay {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductRelay>[1]) {
    super(setsAlarms(ctx), env);
  }
}

export class Services extends ProductServices {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductServices>[1]) {
    super(setsAlarms(ctx), env);
  }
}

export class TaskTokens extends ProductTaskTokens {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductTaskTokens>[1]) {
    super(setsAlarms(ctx), env);
  }
}

export class Tenant extends ProductTenant {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductTenant>[1]) {
    super(setsAlarms(ctx), env);
  }
}

export class Triggers extends ProductTriggers {
  constructor(ctx: DurableObjectState, env: ConstructorParameters<typeof ProductTriggers>[1]) {
    super(setsAlarms(ctx), env);
  }
}

async function disturb(request: Request): Promise<Response> {
  if (request.method === "POST") {
    const wanted = await request.json<Partial<Disturbance>>();
    evicts = wanted.evicts ?? evicts;
    skewMs = wanted.skewMs ?? skewMs;
  }
  const now: Disturbance = { evicts, skewMs, aborts: aborting.count };
  return Response.json(now);
}

export default {
  ...platform,
  fetch(request, env, ctx) {
    return new URL(request.url).pathname === "/test/disturb" ? disturb(request) : platform.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env, OutboxHint>;
