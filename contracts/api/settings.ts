import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { jsonValue, timestamp } from "./json-values.ts";

const readers = z.array(cleanText(200)).min(1).max(100);

/** Who may read a value. A list that is left out leaves everybody in. */
export const settingScope = z
  .strictObject({
    connectors: readers.optional().meta({
      description:
        "Connectors whose calls may read it: `namespace/name`, with a version or a part of one (`@1.2`), or `namespace/*`.",
    }),
    workflows: readers
      .optional()
      .meta({ description: "Published workflows that may read it: slugs, also with a version." }),
  })
  .refine(({ connectors, workflows }) => connectors !== undefined || workflows !== undefined, {
    error:
      'must have "connectors", "workflows" or both: leave the scope out, or send null, where everybody may read it.',
  })
  .meta({ id: "SettingScope", example: { connectors: ["acme/crm"], workflows: ["nightly-report"] } });
export type SettingScopeBody = z.infer<typeof settingScope>;

/** When a value is to be replaced, and what whoever does so should know. */
export const rotationNotes = z
  .strictObject({
    interval: z.int().min(1).max(3_650).meta({ description: "Days after which it is to be replaced." }),
    notify_before: z
      .int()
      .min(0)
      .max(365)
      .optional()
      .meta({ description: "Days before that when it counts as due soon; 7." }),
    note: cleanText(500).optional().meta({ description: "How it is replaced. Not secret." }),
  })
  .meta({
    id: "RotationNotes",
    example: { interval: 90, notify_before: 7, note: "Console of the provider, then PUT it here." },
  });

/** Its other name, as some files write it. */
const written = z.preprocess((given) => {
  if (typeof given !== "object" || given === null || !("notifyBefore" in given) || "notify_before" in given)
    return given;
  const { notifyBefore, ...rest } = given;
  return { ...rest, notify_before: notifyBefore };
}, rotationNotes.nullable());

const kept = { scope: settingScope.nullable().optional(), rotation: written.optional() };
const somethingToSet = [
  (body: object) => Object.values(body).some((member) => member !== undefined),
  { error: 'must have "value", or what is to change: "scope", "rotation".' },
] as const;

/** `PUT /secrets/{name}`. What is left out stays as it is. */
export const putSecretBody = z
  .strictObject({ value: z.string().min(1).max(65_536).optional(), ...kept })
  .refine(...somethingToSet)
  .meta({ id: "PutSecret", example: { value: "s3cr3t", scope: { connectors: ["acme/crm"] } } });
export type PutSecretBody = z.infer<typeof putSecretBody>;

/** `PUT /env/{name}`. */
export const putEnvBody = z
  .strictObject({ value: jsonValue.optional(), ...kept })
  .refine(...somethingToSet)
  .meta({ id: "PutEnv", example: { value: "eu-1" } });
export type PutEnvBody = z.infer<typeof putEnvBody>;

/** A secret as it is shown: never its value. */
export const secretView = z
  .strictObject({
    name: z.string(),
    scope: settingScope.nullable(),
    rotation: rotationNotes.nullable(),
    rotation_state: z
      .enum(["current", "due_soon", "overdue"])
      .nullable()
      .meta({ description: "By `rotation`; null without it." }),
    rotated_at: timestamp.meta({ description: "When its value was last set." }),
    last_used_at: timestamp.nullable().meta({ description: "When something read it, to about a minute." }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "Secret" });
export type SecretView = z.infer<typeof secretView>;

export const envView = secretView.extend({ value: jsonValue }).meta({ id: "EnvValue" });
export type EnvView = z.infer<typeof envView>;

export const deletedSetting = z
  .strictObject({ status: z.literal("deleted"), name: z.string() })
  .meta({ id: "DeletedSetting" });
