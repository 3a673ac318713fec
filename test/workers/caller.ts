import { Tenant as TenantObject } from "../../durable-objects/tenant/tenant.ts";
import { Services as ServicesObject } from "../../durable-objects/services/services.ts";
import { TaskTokens as TaskTokensObject } from "../../durable-objects/task-tokens/task-tokens.ts";
import type { PluginRpc, TenantRpc } from "../../contracts/rpc.ts";
import type { CallerRequest } from "../plugins/caller-request.ts";

export class Tenant extends TenantObject {}
export class TaskTokens extends TaskTokensObject {}
export class Services extends ServicesObject {}

interface Env {
  TOOLBOX_PLUGIN: PluginRpc;
  HTTP_PLUGIN: PluginRpc;
  CODE_PLUGIN: PluginRpc;
  TENANT: { getByName(name: string): TenantRpc };
}

/** Stands for the platform Worker: hands calls to the plugins and fills the tenant object. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const body: CallerRequest = await request.json();
    if (body.kind === "invoke") {
      const { TOOLBOX_PLUGIN: toolbox, HTTP_PLUGIN: http, CODE_PLUGIN: code } = env;
      const plugins = { toolbox, http, code, none: http };
      const results = body.calls.map((call) => plugins[call.action.plugin].invoke(call, body.context));
      return Response.json(await Promise.all(results));
    }
    const tenant = env.TENANT.getByName(body.tenant);
    if (body.kind === "connection") await tenant.putConnection(body.connection);
    else await tenant.putSecret(body.name, body.sealed, null, Date.now());
    return Response.json({ ok: true });
  },
};
