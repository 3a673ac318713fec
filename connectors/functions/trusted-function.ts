import type { Json, JsonObject } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import type { PinnedHttpHandler } from "../handlers/http/pinned-handler.ts";

type Failed = Extract<ActionResult, { ok: false }>;

/** What a trusted function may use beside its input, which is in the clear. */
export interface FunctionWorld {
  /** Equal over all attempts of the call. */
  idempotencyKey: string;
  /** Epoch ms. */
  now(): number;
  /** The connection of the call, or why there is none. */
  connection(): Promise<{ ok: true; connection: OpenConnection } | Failed>;
  /** Masks a text in everything that comes back of this attempt. */
  conceal(text: string): void;
  /**
   * Sends one request, as an http action of the same connector would: with the connection's credential (unless `anonymous`), through the
   * egress rules, within the attempt's time. Values go in by `${input.x}`, never into the handler's own text, which is a template. Where
   * one of them says where the request leads, the credential goes with it to the origin of `baseUrl` alone.
   */
  send(
    handler: Partial<PinnedHttpHandler>,
    values: JsonObject,
    options?: { anonymous?: boolean },
  ): Promise<ActionResult>;
}

export type FunctionResult = { ok: true; output: Json } | Failed;

export type TrustedFunction = (input: JsonObject, world: FunctionWorld) => Promise<FunctionResult>;

/** A refusal of the input. */
export function refused(message: string, field: string): Failed {
  return { ok: false, error: { code: "VALIDATION", message, details: { field } } };
}

/** A member that the schema says is text; "" where it is absent. */
export function textIn(input: JsonObject, name: string): string {
  const value = input[name];
  return typeof value === "string" ? value : "";
}

/** What a function gives. */
export function given(output: Json): FunctionResult {
  return { ok: true, output };
}
