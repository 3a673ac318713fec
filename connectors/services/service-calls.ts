/** A place for calls that is no registered instance: a connection, or the address that a handler names. */
export interface FixedPlace {
  /** `connection/<id>`, `address/<origin>`. */
  id: string;
  /** Calls that it takes at once. */
  concurrent: number;
}

/**
 * What became of a call, for the place that it held. `pendingUntil` (epoch ms): its service finishes it later, and the place stays
 * taken until nobody waits for that any more.
 */
export type PlaceOutcome = "reached" | "unreached" | { pendingUntil: number };

/** A call that looks for an instance of its connector's service. */
export interface PlaceWish {
  /** `namespace/name`. */
  connector: string;
  version: string;
  action: string;
  /** Names the call; nobody else uses it. */
  lease: string;
  /** Epoch ms: by then the call is over. */
  until: number;
  /** Longest that the call may wait for a place. */
  waitMs: number;
  /** Instances that were tried. */
  not: string[];
  /** Where it goes anyway: only a place there is wanted. */
  fixed?: FixedPlace;
}

/** Where a call goes, or why nowhere. */
export type Place =
  | { kind: "fixed" }
  | { kind: "instance"; instanceId: string; url: string }
  | { kind: "busy"; concurrent: number }
  | { kind: "none"; registered: number; fitting: number };

/** What calls of services need of their Worker: registered instances, and a signature. All may throw: that is UNAVAILABLE. */
export interface ServiceCalls {
  takeInstance(wish: PlaceWish): Promise<Place>;
  /** Never waits, never throws. */
  giveBackInstance(lease: string, outcome: PlaceOutcome): void;
  /** A token that the service made itself stands for ours from now on; false where it is somebody else's. */
  claimTask(own: string, ours: string, owner: string, expiresAt: number): Promise<boolean>;
  /** Seals what a call revealed, for as long as its service has not finished it. `attempt` names the attempt that it belongs to. */
  sealRevealed(values: string[], attempt: string): Promise<string>;
  openRevealed(sealed: string, attempt: string): Promise<string[]>;
  /** The headers of Standard Webhooks for a body, signed with the connector's secrets. */
  sign(connector: string, id: string, body: string): Promise<Record<string, string>>;
}
