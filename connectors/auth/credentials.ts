import type { JsonObject } from "../../engine/json.ts";

/** A connection opened for one call: its sealed values in the clear. Never stored, never logged, never answered. */
export interface OpenConnection {
  id: string;
  type: string;
  /** Non-secret config, such as `base_url`. */
  config: JsonObject;
  /** The credential itself: `api_key`, `username` and `password`, `token`, header values. */
  values: JsonObject;
}

/** What a credential adds to a request. */
export interface Credentials {
  headers: Record<string, string>;
  query: Record<string, string>;
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
