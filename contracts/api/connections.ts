import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { jsonObject, timestamp } from "./json-values.ts";
import { pageOf } from "./pages.ts";

/** The words of the language document (section 9) and of the original specification. */
export const CONNECTION_TYPES = [
  "API_KEY",
  "BASIC",
  "BEARER",
  "OAUTH2",
  "CUSTOM_HEADER",
  "MTLS",
  "CUSTOM",
  "NONE",
] as const;
const ALIASES: Readonly<Record<string, (typeof CONNECTION_TYPES)[number]>> = {
  apikey: "API_KEY",
  api_key: "API_KEY",
  oauth: "OAUTH2",
};

const type = z
  .string()
  .transform((word) => ALIASES[word.toLowerCase()] ?? word.toUpperCase())
  .pipe(z.enum(CONNECTION_TYPES));

export const createConnectionBody = z
  .strictObject({
    connector: cleanText(200),
    name: cleanText(100),
    type,
    values: jsonObject,
    end_user: cleanText(200).optional(),
  })
  .meta({
    id: "CreateConnection",
    example: {
      connector: "slack",
      name: "default",
      type: "BEARER",
      values: { base_url: "https://slack.example", token: "xoxb-…" },
    },
  });
export type CreateConnectionBody = z.infer<typeof createConnectionBody>;

export const changeConnectionBody = z
  .strictObject({ name: cleanText(100).optional(), type: type.optional(), values: jsonObject.optional() })
  .meta({ id: "ChangeConnection" });
export type ChangeConnectionBody = z.infer<typeof changeConnectionBody>;

/** A connection as it is shown: secret values never are. */
export const connection = z
  .strictObject({
    id: z.string(),
    connector: z.string(),
    name: z.string(),
    type: z.enum(CONNECTION_TYPES),
    config: jsonObject.meta({ description: "Members that are not secret, such as `base_url`." }),
    end_user: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "Connection" });
export type ConnectionView = z.infer<typeof connection>;
export const connectionPage = pageOf(connection).meta({ id: "ConnectionPage" });
export const deletedConnection = z
  .strictObject({ status: z.literal("deleted"), id: z.string() })
  .meta({ id: "DeletedConnection" });
