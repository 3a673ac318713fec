import type { JsonObject } from "../../engine/json.ts";

/** A connection opened for one call: its sealed values in the clear. Never stored, never logged, never answered. */
export interface OpenConnection {
  id: string;
  type: string;
  /** Non-secret config, such as `base_url`. */
  config: JsonObject;
  /** The credential itself: `api_key`, `username` and `password`, `token`, header values. */
  values: JsonObject;
  /** OAUTH2: which of its tokens this is, to say so when it is refused. */
  tokenVersion?: number;
  /** MTLS: sends a request with the client certificate that the connection names. */
  certifiedFetch?: typeof fetch;
  /** Secrets that its values name: they are masked besides the values that they stand in. */
  secrets?: string[];
  /** It cannot be used now. `reconnect`: before somebody consents (again). `setting`: what it names is not set for this call. */
  problem?: { message: string; reconnect: boolean; setting?: JsonObject };
}

/** What a credential adds to a request. */
export interface Credentials {
  headers: Record<string, string>;
  query: Record<string, string>;
  /** Headers among them that are no secret: the date and the digest of a signature. */
  plain?: readonly string[];
}

export type Authorized = { ok: true; credentials: Credentials } | { ok: false; message: string };

export const NOTHING: Credentials = { headers: {}, query: {} };

/** The first of several members that is text; connections are written by people and by programs. */
export function firstText(sources: readonly JsonObject[], names: readonly string[]): string | undefined {
  for (const source of sources) {
    for (const name of names) {
      const value = Object.hasOwn(source, name) ? source[name] : undefined;
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return undefined;
}
