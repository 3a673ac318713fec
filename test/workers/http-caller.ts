import { DurableObject } from "cloudflare:workers";
import { Connection as ConnectionObject } from "../../durable-objects/connection/connection.ts";
import { Services as ServicesObject } from "../../durable-objects/services/services.ts";
import { TaskTokens as TaskTokensObject } from "../../durable-objects/task-tokens/task-tokens.ts";
import { Tenant as TenantObject } from "../../durable-objects/tenant/tenant.ts";
import type { TenantRpc } from "../../contracts/rpc.ts";
import type { HttpCallerRequest } from "../http/http-caller-request.ts";

export class Tenant extends TenantObject {}
export class TaskTokens extends TaskTokensObject {}
export class Services extends ServicesObject {}
export class Connection extends ConnectionObject {}
export class Coordinator extends DurableObject {}

type Rpc = Record<string, (...args: unknown[]) => Promise<unknown>>;

interface Env {
  HTTP_PLUGIN: Rpc;
  PRODUCTION_PLUGIN: Rpc;
  TENANT: { getByName(name: string): TenantRpc };
}

/** Stands for the platform Worker: calls any method of the http plugin, of the one for development or the one for production. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const asked: HttpCallerRequest = await request.json();
    if (asked.kind === "connection") {
      await env.TENANT.getByName(asked.tenant).putConnection(asked.connection);
      return Response.json(null);
    }
    const plugin = asked.production ? env.PRODUCTION_PLUGIN : env.HTTP_PLUGIN;
    const answer = await plugin[asked.method]?.(...asked.args);
    return Response.json(answer ?? null);
  },
};
