import type { Json } from "../../engine/json.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import type { EgressPolicy } from "../egress/egress.ts";
import type { ServiceCalls } from "../services/service-calls.ts";
import type { WantedConnection } from "../wanted-connection.ts";

/** What an http call needs of its Worker. Lookups may throw: that is UNAVAILABLE. */
export interface InvokeDeps {
  /** The named connection, or the connector's default; null when there is none. */
  findConnection(query: WantedConnection): Promise<OpenConnection | null>;
  /** Whether it is remembered that there is none: then nobody is asked. For calls that go on without one. */
  isKnownMissing?(query: WantedConnection): boolean;
  /** Names of the connector's connections that a step may name. */
  connectionNames?(connector: string): Promise<string[]>;
  /** A one-time address where somebody may make the connection; it ends at `expiresAt` (epoch ms). */
  connectLink(wanted: WantedConnection & { connectionId?: string; expiresAt: number }): Promise<string>;
  /** Secrets in the clear; a missing one is absent. */
  secrets(names: string[]): Promise<Record<string, string>>;
  env(names: string[]): Promise<Record<string, Json>>;
  policy: Omit<EgressPolicy, "urlValidation">;
  fetch: typeof fetch;
  now(): number;
  /** Registered instances of services, and what signs calls to them. */
  services: ServiceCalls;
}
