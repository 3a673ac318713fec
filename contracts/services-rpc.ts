import type { PlaceWanted } from "./place-book.ts";
import type { SealedWebhookSecret } from "./webhook-delivery.ts";

/*
 * Instances of connector services (section 8) and what signs calls to them: the face of the services object, one for a tenant and
 * environment, and of the http plugin that probes for it.
 */

/** What an instance says of its health, or what a probe found: `unknown` until the first one. */
export const INSTANCE_HEALTH = ["unknown", "ok", "degraded", "unhealthy", "unreachable"] as const;
export type InstanceHealth = (typeof INSTANCE_HEALTH)[number];

/** Calls that an instance, or the service behind a connection, takes at once (section 15): 10, and 100 at most. */
export const CONCURRENT = { usual: 10, most: 100 } as const;

/** A place for calls that is no registered instance: a connection, or the address that a handler names. */
export interface FixedPlace {
  /** `connection/<id>`, `address/<origin>`. */
  id: string;
  concurrent: number;
}

/** A running service that calls of a connector may go to. */
export interface ServiceInstance {
  /** `namespace/name`. */
  connector: string;
  instanceId: string;
  version: string;
  url: string;
  healthUrl: string;
  /** The actions that it runs, each as `name` or `slug.name`; none: all. */
  actions: string[];
  region: string | null;
  concurrent: number;
  /** Epoch ms. */
  registeredAt: number;
}

export interface InstanceState extends ServiceInstance {
  health: InstanceHealth;
  /** False after repeated failures, until a probe finds it well. */
  inRotation: boolean;
  /** In a row. */
  failures: number;
  /** Epoch ms of the last probe. */
  checkedAt: number | null;
  inFlight: number;
}

/** A call that looks for an instance. */
export interface InstanceWish {
  connector: string;
  version: string;
  action: string;
  /** Names the call; nobody else uses it. */
  lease: string;
  /** Epoch ms: by then the call is over, whatever was said of it. */
  until: number;
  /** Longest that the call may wait for a place. */
  waitMs: number;
  /** Instances that were tried. */
  not: string[];
  /** It has an address already: only a place there is wanted. */
  fixed?: FixedPlace;
}

export type InstanceAnswer =
  /** A place where the call goes anyway. */
  | { kind: "fixed" }
  | { kind: "instance"; instanceId: string; url: string }
  /** All that could take it are full. */
  | { kind: "busy"; concurrent: number }
  /** `registered`: of this connector; `fitting`: those that serve the version and the action. */
  | { kind: "none"; registered: number; fitting: number };

/**
 * Whether the instance was reached: one that was not is nearer to being taken out. `pendingUntil` (epoch ms): it took the call
 * and finishes it later, so the place stays taken until then, or until `attemptOver`.
 */
export type CallOutcome = "reached" | "unreached" | { pendingUntil: number };

/** The secrets that sign a connector's calls: the newest first, the one before it as long as it is valid. */
export type SigningSecrets = SealedWebhookSecret[];

/** Places of calls that may run at once, where a connector says how many. */
export interface PlacesRpc {
  /** False: there was none in time. */
  takePlace(wanted: PlaceWanted): Promise<boolean>;
  giveBackPlace(key: string, lease: string): Promise<void>;
}

/** The services object of a tenant and environment. */
export interface ServicesRpc extends PlacesRpc {
  /** Registers an instance, or registers it again under the same id. CONFLICT where there are too many. */
  register(
    instance: ServiceInstance,
  ): Promise<{ kind: "registered"; registeredAt: number } | { kind: "full"; limit: number }>;
  /** False: there was none. */
  unregister(connector: string, instanceId: string): Promise<boolean>;
  instances(connector?: string): Promise<InstanceState[]>;
  takeInstance(wish: InstanceWish): Promise<InstanceAnswer>;
  giveBackInstance(lease: string, outcome: CallOutcome): Promise<void>;
  /** Nobody waits any more for an attempt (`attemptName`) that was to be finished later: its place is free. */
  attemptOver(attempt: string): Promise<void>;
  /** A service said something of an attempt that nobody waits for any more. */
  countLateReport(): Promise<void>;
  /** How often that was. */
  lateReports(): Promise<number>;
  signingSecrets(connector: string): Promise<SigningSecrets>;
  /** Stores the first secret of a connector; answers the one that is there, should somebody have been first. */
  putSigningSecret(connector: string, secret: SealedWebhookSecret): Promise<SigningSecrets>;
  /** Another secret; the one before it signs too, until `oldUntil` (epoch ms). */
  rotateSigningSecret(connector: string, secret: SealedWebhookSecret, oldUntil: number): Promise<void>;
  /** Every signing secret that is kept. */
  sealedSecrets(): Promise<SealedWebhookSecret[]>;
  /** The same secret, sealed anew. False where it has been replaced since. */
  reseal(from: string, to: string): Promise<boolean>;
}

/** What a probe of an instance found. */
export interface ProbeAnswer {
  health: Exclude<InstanceHealth, "unknown">;
}

/** The http plugin as the services object sees it: objects have no network. */
export interface InstanceProbeRpc {
  probeInstance(healthUrl: string): Promise<ProbeAnswer>;
}

/** The place of a connector's signing secret in the vault, beside its tenant and the purpose `webhook`. */
export function signingSecretPlace(environment: string, connector: string): string {
  return `service/${environment}/${connector}`;
}
