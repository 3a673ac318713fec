import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { success } from "../../contracts/errors.ts";
import type { CoordinatorRpc, TenantRpc } from "../../contracts/rpc.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import { record } from "../tenant/execution-record.ts";
import type { TenantRequest } from "../tenant/tenant-request.ts";
import type { Told } from "../tenant/told.ts";

export { Tenant } from "../../durable-objects/tenant/tenant.ts";

/** A cell that is told things: it fails the first so many times, then answers that the execution runs. */
export class ToldCell extends DurableObject implements Pick<CoordinatorRpc, "act" | "isLive"> {
  async act(execution: string, command: RunCommand) {
    const told = (await this.ctx.storage.get<Told[]>("told")) ?? [];
    const failures = (await this.ctx.storage.get<number>("failures")) ?? 0;
    await this.ctx.storage.put("told", [...told, { cell: this.ctx.id.name ?? "", execution, command }]);
    if (failures > 0) {
      await this.ctx.storage.put("failures", failures - 1);
      throw new Error("not now");
    }
    return success(record(execution, "running"));
  }

  async isLive(): Promise<boolean> {
    return true;
  }

  async told(): Promise<Told[]> {
    return (await this.ctx.storage.get<Told[]>("told")) ?? [];
  }

  async fail(times: number): Promise<void> {
    await this.ctx.storage.put("failures", times);
  }
}

interface Env {
  TENANT: { getByName(name: string): TenantRpc };
  COORDINATOR: { getByName(name: string): Pick<ToldCell, "told" | "fail"> };
}

/** POST a call; the answer is what the object answers. */
export default class TenantCaller extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { object, name, method, args } = await request.json<TenantRequest>();
    const stub: unknown = (object === "tenant" ? this.env.TENANT : this.env.COORDINATOR).getByName(name);
    // Every property of a stub is a method of the object behind it.
    const answer = await (stub as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]?.(...args);
    return Response.json(answer ?? null);
  }
}
