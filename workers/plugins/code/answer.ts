import type { Json } from "../../../engine/json.ts";
import type { Stop } from "./machine.ts";

/** How an evaluation ended: with a value, with the user's own error, or by a limit. */
export type Answer =
  | { kind: "value"; value: Json }
  | { kind: "refused"; message: string; line?: number }
  | { kind: "stopped"; by: Stop };
