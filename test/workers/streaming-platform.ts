import {
  Coordinator as ProductCoordinator,
  type CoordinatorEnv,
} from "../../durable-objects/coordinator/coordinator.ts";
import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import type { CellRequest } from "../streams/cell-request.ts";
import platform from "../../workers/main.ts";
import type { Env } from "../../workers/env.ts";

export { Feed, Relay, Services, TaskTokens, Tenant, Triggers, TriggerStarts } from "../../workers/main.ts";

/** The product's cell, which says when it was built and can be aborted as the platform may at any time. */
export class Coordinator extends ProductCoordinator {
  readonly #boot = crypto.randomUUID();

  constructor(ctx: DurableObjectState, env: CoordinatorEnv) {
    super(ctx, env);
  }

  async boot(): Promise<{ boot: string; sockets: number }> {
    return { boot: this.#boot, sockets: this.ctx.getWebSockets().length };
  }

  async hangUp(): Promise<void> {
    for (const socket of this.ctx.getWebSockets()) socket.close(1012, "a test said so");
  }

  async abort(): Promise<void> {
    this.ctx.abort("a test said so");
  }
}

async function askCell(request: Request, env: Env): Promise<Response> {
  const { cell, ask } = await request.json<CellRequest>();
  // Every method of the class above is one of its stub's.
  const stub = env.COORDINATOR.getByName(cell) as unknown as Coordinator;
  if (ask.kind === "boot") return Response.json(await stub.boot());
  if (ask.kind === "hang up") return Response.json((await stub.hangUp()) ?? null);
  if (ask.kind === "abort") return Response.json(await stub.abort().catch(() => null));
  return Response.json(await stub.report(ask.executionId, ask.path, ask.attempt, ask.report));
}

export default {
  ...platform,
  fetch(request, env, ctx) {
    return new URL(request.url).pathname === "/test/cell" ? askCell(request, env) : platform.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env, OutboxHint>;
