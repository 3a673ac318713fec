import * as z from "zod";
import { LIMIT_NAMES } from "../limits.ts";
import { timestamp } from "./json-values.ts";

/** One limit of the caller's tenant and environment. */
const limitView = z
  .strictObject({
    name: z.enum(LIMIT_NAMES),
    limit: z.int(),
    default: z.int(),
    maximum: z.int(),
    unit: z.string(),
    description: z.string(),
    used: z.int().optional(),
    resets_at: timestamp.optional(),
  })
  .meta({ id: "Limit" });
export type LimitView = z.infer<typeof limitView>;

/** `GET /limits`. */
export const limitList = z.strictObject({ data: z.array(limitView) }).meta({ id: "Limits" });

/** `PUT /internal/limits`: a limit that is null has its default again; one that is not named stays as it is. */
export const changeLimitsBody = z.strictObject({
  tenant_id: z.string().max(200),
  environment: z.enum(["live", "test"]).optional(),
  limits: z.partialRecord(z.enum(LIMIT_NAMES), z.number().nullable()),
});

/** `PUT /internal/shards`. */
export const growShardsBody = z.strictObject({
  tenant_id: z.string().max(200),
  environment: z.enum(["live", "test"]).optional(),
  shards: z.int().min(2).max(256),
});
