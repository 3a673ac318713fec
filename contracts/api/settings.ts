import * as z from "zod";
import { jsonObject, jsonObjectOrNull, jsonValue, timestamp } from "./json-values.ts";

/** `PUT /secrets/{name}`. */
export const putSecretBody = z
  .strictObject({ value: z.string().min(1).max(65_536), scope: jsonObject.optional() })
  .meta({ id: "PutSecret", example: { value: "s3cr3t" } });

/** `PUT /env/{name}`. */
export const putEnvBody = z
  .strictObject({ value: jsonValue, scope: jsonObject.optional() })
  .meta({ id: "PutEnv", example: { value: "eu-1" } });

/** A secret as it is shown: never its value. */
export const secretView = z
  .strictObject({ name: z.string(), scope: jsonObjectOrNull, created_at: timestamp, updated_at: timestamp })
  .meta({ id: "Secret" });
export type SecretView = z.infer<typeof secretView>;

export const envView = secretView.extend({ value: jsonValue }).meta({ id: "EnvValue" });
export type EnvView = z.infer<typeof envView>;

export const deletedSetting = z
  .strictObject({ status: z.literal("deleted"), name: z.string() })
  .meta({ id: "DeletedSetting" });
