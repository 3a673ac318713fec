import type { CampaignsRpc } from "../../contracts/campaigns-rpc.ts";
import type { CoordinatorRpc, TenantRpc } from "../../contracts/rpc.ts";
import type { ServicesRpc } from "../../contracts/services-rpc.ts";
import type { TriggersRpc } from "../../contracts/triggers-rpc.ts";
import type { WebhooksRpc } from "../../contracts/webhooks-rpc.ts";
import type { Ports } from "./context.ts";
import { type Owner, tenantObjectName } from "../../contracts/placement.ts";

/** The object could not be reached, twice. The edge answers UNAVAILABLE. */
export class ObjectUnavailable extends Error {
  override readonly name = "ObjectUnavailable";
}

function flag(error: unknown, name: "overloaded" | "retryable"): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, name) === true;
}

/** Errors that an object's own code threw arrive marked `remote`; those of the platform (reset, moved, broken) do not. */
export function isObjectReset(error: unknown): boolean {
  if (typeof error !== "object" || error === null || flag(error, "overloaded")) return false;
  return (
    flag(error, "retryable") ||
    Reflect.get(error, "remote") !== true ||
    Reflect.get(error, "durableObjectReset") === true
  );
}

async function once<Stub, T>(open: () => Stub, work: (stub: Stub) => Promise<T>): Promise<T> {
  try {
    return await work(open());
  } catch (error) {
    if (flag(error, "overloaded") || isObjectReset(error))
      throw new ObjectUnavailable("the object is overloaded, or was reset under the call", { cause: error });
    throw error;
  }
}

async function twice<Stub, T>(open: () => Stub, work: (stub: Stub) => Promise<T>): Promise<T> {
  try {
    return await work(open());
  } catch (error) {
    if (flag(error, "overloaded")) throw new ObjectUnavailable("the object is overloaded", { cause: error });
    if (!isObjectReset(error)) throw error;
  }
  return once(open, work);
}

/** Calls a cell, once more through a fresh stub when its object was reset. Only for calls that may run twice. */
export function onCell<T>(ports: Ports, name: string, work: (cell: CoordinatorRpc) => Promise<T>): Promise<T> {
  return twice(() => ports.cell(name), work);
}

/** For a call that must not run twice: whether it ran when its object was reset, nobody knows. */
export function onCellOnce<T>(ports: Ports, name: string, work: (cell: CoordinatorRpc) => Promise<T>): Promise<T> {
  return once(() => ports.cell(name), work);
}

/** As `onCell`, for the tenant object. */
export function onTenant<T>(
  ports: Pick<Ports, "tenant">,
  owner: Owner,
  work: (tenant: TenantRpc) => Promise<T>,
): Promise<T> {
  return twice(() => ports.tenant(tenantObjectName(owner)), work);
}

/** As `onTenant`, for the feed object. */
export function onFeed<T>(ports: Ports, owner: Owner, work: (feed: WebhooksRpc) => Promise<T>): Promise<T> {
  return twice(() => ports.feed(tenantObjectName(owner)), work);
}

/** As `onCell`, for the triggers object. */
export function onTriggers<T>(ports: Ports, owner: Owner, work: (triggers: TriggersRpc) => Promise<T>): Promise<T> {
  return twice(() => ports.triggers(tenantObjectName(owner)), work);
}

/** As `onCell`, for the campaigns object. */
export function onCampaigns<T>(ports: Ports, owner: Owner, work: (campaigns: CampaignsRpc) => Promise<T>): Promise<T> {
  return twice(() => ports.campaigns(tenantObjectName(owner)), work);
}

/** As `onCell`, for the services object. */
export function onServices<T>(ports: Ports, owner: Owner, work: (services: ServicesRpc) => Promise<T>): Promise<T> {
  return twice(() => ports.services(tenantObjectName(owner)), work);
}
