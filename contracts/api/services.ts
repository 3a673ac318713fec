import * as z from "zod";
import { isSemanticVersion } from "../../engine/definition/semantic-version.ts";
import { cleanText } from "../clean-text.ts";
import { CONCURRENT, INSTANCE_HEALTH } from "../services-rpc.ts";
import { timestamp } from "./json-values.ts";

const url = z.string().max(2_000).meta({ example: "https://weather.example.com" });
const pluginSlug = cleanText(200).meta({ description: "`name`, or `namespace/name`.", example: "weather" });
const instanceId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be letters, digits, dots, - and _, 100 at most.")
  .meta({ example: "weather-1" });
const version = z.string().refine(isSemanticVersion, "must be a version such as 1.0.0.").meta({ example: "1.0.0" });

export const registerBody = z
  .strictObject({
    plugin_slug: pluginSlug,
    version,
    url: url.meta({ description: "Where the service is: calls go to `/execute` below it." }),
    actions: z
      .array(cleanText(200))
      .max(500)
      .optional()
      .meta({ description: "The actions that it runs, as `name` or `slug.name`; all where none are named." }),
    health_check_url: url.optional().meta({ description: "Absent: `/healthz` below `url`." }),
    metadata: z
      .looseObject({
        instance_id: instanceId.optional().meta({ description: "Absent: derived from `url`." }),
        region: cleanText(100).optional(),
        concurrent: z
          .int()
          .min(1)
          .max(CONCURRENT.most)
          .optional()
          .meta({ description: `Calls that it takes at once; ${CONCURRENT.usual} where it does not say.` }),
      })
      .optional(),
  })
  .meta({ id: "RegisterInstance" });
export type RegisterBody = z.infer<typeof registerBody>;

export const registeredInstance = z
  .strictObject({
    status: z.literal("registered"),
    plugin_slug: pluginSlug,
    instance_id: instanceId,
    registered_at: timestamp,
  })
  .meta({ id: "RegisteredInstance" });
export type RegisteredView = z.infer<typeof registeredInstance>;

export const unregisteredInstance = z
  .strictObject({ status: z.literal("unregistered"), plugin_slug: pluginSlug, instance_id: instanceId })
  .meta({ id: "UnregisteredInstance" });
export type UnregisteredView = z.infer<typeof unregisteredInstance>;

const serviceInstance = z
  .strictObject({
    plugin_slug: pluginSlug,
    instance_id: instanceId,
    version,
    url,
    health_check_url: url,
    actions: z.array(z.string()),
    region: z.string().nullable(),
    concurrent: z.int(),
    health: z.enum(INSTANCE_HEALTH).meta({ description: "What the last probe found; `unknown` until the first." }),
    in_rotation: z.boolean().meta({ description: "False after three failures in a row, until a probe finds it well." }),
    failures: z.int().meta({ description: "In a row." }),
    in_flight: z.int(),
    registered_at: timestamp,
    checked_at: timestamp.nullable(),
  })
  .meta({ id: "ServiceInstance" });
export type InstanceView = z.infer<typeof serviceInstance>;
export const serviceInstances = z.strictObject({ data: z.array(serviceInstance) }).meta({ id: "ServiceInstances" });

export const instancesQuery = z.object({ plugin_slug: pluginSlug.optional() });

const secret = z.string().meta({
  description: "`whsec_` and 32 random bytes in base64: what any Standard Webhooks library verifies with.",
  example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw1c7mRzYt9Bk=",
});
export const signingSecret = z.strictObject({ plugin_slug: pluginSlug, secret }).meta({ id: "SigningSecret" });
export type SigningSecretView = z.infer<typeof signingSecret>;
export const rotatedSigningSecret = signingSecret
  .extend({ old_valid_until: timestamp })
  .meta({ id: "RotatedSigningSecret" });
export type RotatedSigningSecretView = z.infer<typeof rotatedSigningSecret>;
