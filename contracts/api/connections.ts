import * as z from "zod";
import { AUTH_TYPES, authType } from "../../engine/auth-type.ts";
import { cleanText } from "../clean-text.ts";
import { jsonObject, timestamp } from "./json-values.ts";
import { pageOf } from "./pages.ts";

const type = z
  .string()
  .transform((word) => authType(word) ?? word)
  .pipe(z.enum(AUTH_TYPES));

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
    type: z.enum(AUTH_TYPES),
    config: jsonObject.meta({ description: "Members that are not secret, such as `base_url`." }),
    end_user: z.string().nullable(),
    status: z.enum(["pending", "connected", "needs_reconnect"]).meta({
      description: "`pending`: nobody has consented yet. `needs_reconnect`: the provider does not renew it any more.",
    }),
    status_reason: z.string().nullable(),
    last_used_at: timestamp.nullable().meta({ description: "To about a minute." }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "Connection" });
export type ConnectionView = z.infer<typeof connection>;
export const connectionPage = pageOf(connection).meta({ id: "ConnectionPage" });
export const deletedConnection = z
  .strictObject({ status: z.literal("deleted"), id: z.string() })
  .meta({ id: "DeletedConnection" });

/** Where a person makes a connection, once. */
export const connectLinkView = z
  .strictObject({ connect_url: z.string(), expires_at: timestamp })
  .meta({ id: "ConnectLink" });
export type ConnectLinkView = z.infer<typeof connectLinkView>;

/** `POST /connections/links`. */
export const createConnectLinkBody = z
  .strictObject({
    connector: cleanText(200),
    end_user: cleanText(200).optional(),
    expires_in: z.int().min(60).max(604_800).optional().meta({ description: "Seconds; 15 minutes when left out." }),
  })
  .meta({ id: "CreateConnectLink", example: { connector: "slack", end_user: "user-17" } });
export type CreateConnectLinkBody = z.infer<typeof createConnectLinkBody>;

/** What a test of a connection found. `checked` says how far it went. */
export const connectionTest = z
  .strictObject({
    ok: z.boolean(),
    checked: z.enum(["call", "token", "values"]),
    message: z.string(),
  })
  .meta({ id: "ConnectionTest" });
export type ConnectionTestView = z.infer<typeof connectionTest>;
