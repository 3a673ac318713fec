import type { InvokeDeps } from "../../../connectors/attempt/invoke-deps.ts";
import type { OpenConnection } from "../../../connectors/auth/credentials.ts";
import type { EgressPolicy } from "../../../connectors/egress/egress.ts";
import type { ServiceCalls } from "../../../connectors/services/service-calls.ts";
import type { WantedConnection } from "../../../connectors/wanted-connection.ts";
import type { PinnedAction } from "../../../engine/connector.ts";
import type { Json } from "../../../engine/json.ts";
import { connectorOf } from "../isolate/connector-of.ts";
import { certifiedFetch } from "./certified-fetch.ts";
import type { Env } from "./env.ts";
import { isKnownMissing, type LookupOAuth, type LookupOwner, lookupsOf } from "./lookups.ts";
import type { DoorPorts } from "./oauth-door.ts";
import { serviceCallsOf } from "./service-calls.ts";
import { wayOut } from "./way-out.ts";

type OwnLookups = ReturnType<typeof lookupsOf>;

/** `connector`: `namespace/name@version`, which secrets and env values may be meant for alone. */
export function lookupsFor(env: Env, owner: LookupOwner, connector?: string): OwnLookups {
  // Made where something has to be asked: most calls know all that they need.
  const tenant = () => env.TENANT.getByName(`global/${owner.tenantId}/${owner.environment}`);
  const reader = { connector, workflow: owner.published };
  return lookupsOf(tenant, env.MASTER_KEY, owner, reader, Date.now(), lookupPorts(env));
}

/** Of each set of bindings, of which an isolate has one: the same for all calls. */
const portsOf = new WeakMap<Env, LookupOAuth>();

function lookupPorts(env: Env): LookupOAuth {
  const known = portsOf.get(env);
  if (known !== undefined) return known;
  const made: LookupOAuth = {
    ...oauthPorts(env),
    publicUrl: env.PUBLIC_URL ?? "",
    certified: (tenantId, name) => certifiedFetch(env, tenantId, name),
  };
  portsOf.set(env, made);
  return made;
}

export function oauthPorts(env: Env): DoorPorts {
  return {
    connection: (name) => env.CONNECTION.getByName(name),
    tenantOf: ({ tenantId, environment }) => env.TENANT.getByName(`global/${tenantId}/${environment}`),
    masterKey: env.MASTER_KEY,
    ...wayOut(env),
    now: Date.now,
  };
}

export function serviceCallsFor(env: Env, owner: LookupOwner, ctx: ExecutionContext): ServiceCalls {
  const services = () => env.SERVICES.getByName(`global/${owner.tenantId}/${owner.environment}`);
  const taskTokens = (name: string) => env.TASK_TOKENS.getByName(name);
  return serviceCallsOf(services, taskTokens, env.MASTER_KEY, owner, Date.now, (task) => ctx.waitUntil(task));
}

/**
 * What one call needs of this Worker. A plain call asks for nothing but a way out, and whatever is made for a call costs it: lookups
 * and services are made where they are asked for.
 */
export class CallDeps implements InvokeDeps {
  readonly policy: EgressPolicy;
  readonly fetch: typeof fetch;
  readonly now = Date.now;
  readonly #env: Env;
  readonly #ctx: ExecutionContext;
  readonly #owner: LookupOwner;
  readonly #action: PinnedAction;
  #own: OwnLookups | undefined;

  /** `action`: whose connector asks. */
  constructor(env: Env, ctx: ExecutionContext, owner: LookupOwner, action: PinnedAction) {
    const { policy, fetch } = wayOut(env);
    this.policy = policy;
    this.fetch = fetch;
    this.#env = env;
    this.#ctx = ctx;
    this.#owner = owner;
    this.#action = action;
  }

  findConnection(query: WantedConnection): Promise<OpenConnection | null> {
    return this.#lookups.findConnection(query);
  }

  isKnownMissing(query: WantedConnection): boolean {
    return isKnownMissing(this.#owner, query, Date.now());
  }

  async connectionNames(connector: string): Promise<string[]> {
    return (await this.#lookups.connectionNames?.(connector)) ?? [];
  }

  connectLink(wanted: WantedConnection & { connectionId?: string; expiresAt: number }): Promise<string> {
    return this.#lookups.connectLink(wanted);
  }

  secrets(names: string[]): Promise<Record<string, string>> {
    return this.#lookups.secrets(names);
  }

  env(names: string[]): Promise<Record<string, Json>> {
    return this.#lookups.env(names);
  }

  get services(): ServiceCalls {
    return serviceCallsFor(this.#env, this.#owner, this.#ctx);
  }

  get #lookups(): OwnLookups {
    this.#own ??= lookupsFor(this.#env, this.#owner, connectorOf({ action: this.#action }));
    return this.#own;
  }
}
