import type { FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";
import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import platform from "../../workers/main.ts";
import type { Env } from "../../workers/env.ts";

export {
  Campaigns,
  CampaignSteps,
  Connection,
  Coordinator,
  Feed,
  Relay,
  Services,
  TaskTokens,
  Tenant,
  Triggers,
  TriggerStarts,
} from "../../workers/main.ts";

interface Stop {
  point: FaultPoint;
  /** The how manieth time that it is passed from now on. */
  passage: number;
}

let stop: Stop | undefined;
const passages = new Map<FaultPoint, number>();

/** Says where it is and never goes on: whoever reads that ends the process. Nothing of this turn is on the disk then, or sent. */
globalThis.faultPoint = (point) => {
  const passage = (passages.get(point) ?? 0) + 1;
  passages.set(point, passage);
  if (stop?.point !== point || stop.passage !== passage) return;
  console.info(`stopped at ${point} ${passage}`);
  for (;;);
};

async function plan(request: Request): Promise<Response> {
  if (request.method === "POST") {
    stop = await request.json<Stop>();
    passages.clear();
  }
  return Response.json(Object.fromEntries(passages));
}

export default {
  ...platform,
  fetch(request, env, ctx) {
    return new URL(request.url).pathname === "/test/faults" ? plan(request) : platform.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env, OutboxHint>;
