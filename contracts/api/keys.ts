import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { SCOPES } from "../scopes.ts";
import { timestamp } from "./json-values.ts";
import { pageOf } from "./pages.ts";

export const environment = z.enum(["live", "test"]);
const words = z.array(cleanText(100)).max(100);

/** `POST /keys`: what is left out is the creator's. */
export const createKeyBody = z
  .strictObject({
    name: cleanText(100),
    environment: environment.optional(),
    scopes: z.array(z.enum(SCOPES)).optional(),
    roles: words.optional(),
    permissions: words.optional(),
  })
  .meta({
    id: "CreateKey",
    example: { name: "ci", environment: "test", scopes: ["executions:write", "executions:read"], roles: [] },
  });
export type CreateKeyBody = z.infer<typeof createKeyBody>;

export const key = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    environment,
    scopes: z.array(z.string()),
    roles: z.array(z.string()),
    permissions: z.array(z.string()),
    created_at: timestamp,
  })
  .meta({ id: "Key" });
export type Key = z.infer<typeof key>;

/** The only answer that ever holds the key itself. */
export const createdKey = key.extend({ key: z.string() }).meta({ id: "CreatedKey" });
export const keyPage = pageOf(key).meta({ id: "KeyPage" });
export const revokedKey = z
  .strictObject({ status: z.literal("revoked"), id: z.string(), revoked_at: timestamp })
  .meta({ id: "RevokedKey" });

export const createTenantBody = z
  .strictObject({ name: cleanText(100), environment: environment.optional() })
  .meta({ id: "CreateTenant" });
