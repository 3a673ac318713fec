import * as z from "zod";
import type { Json, JsonObject } from "../../engine/json.ts";
import { isObject } from "../../engine/json.ts";

/*
 * Values that the caller chooses freely. The body was parsed from JSON, so whatever is there is JSON: checking it again
 * member by member would cost time on the hot path and find nothing.
 */
export const jsonValue = z
  .custom<Json>((value) => value !== undefined)
  .meta({
    type: ["object", "array", "string", "number", "boolean", "null"],
    description: "Any JSON value.",
  });

export const jsonObject = z
  .custom<JsonObject>(isObject, "must be an object.")
  .meta({ type: "object", additionalProperties: true });

export const jsonObjectOrNull = z
  .custom<JsonObject | null>((value) => value === null || isObject(value), "must be an object or null.")
  .meta({ type: ["object", "null"], additionalProperties: true });

/** ISO 8601 in UTC. */
export const timestamp = z.string().meta({ format: "date-time", example: "2026-11-20T14:00:00.000Z" });
