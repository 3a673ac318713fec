import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { jsonObject, jsonObjectOrNull, timestamp } from "./json-values.ts";
import { pageOf, pageQuery } from "./pages.ts";

export const publishConnectorAnswer = z
  .strictObject({
    status: z.literal("published"),
    slug: z.string(),
    namespace: z.string(),
    version: z.string(),
    sha256: z.string(),
    url: z.string(),
  })
  .meta({ id: "PublishedConnector" });

export const updateConnectorAnswer = z
  .strictObject({
    status: z.literal("updated"),
    slug: z.string(),
    namespace: z.string(),
    version: z.string(),
    previous_version: z.string(),
    sha256: z.string(),
    url: z.string(),
  })
  .meta({ id: "UpdatedConnector" });

export const connectorSummary = z
  .strictObject({
    slug: z.string(),
    namespace: z.string(),
    name: z.string(),
    version: z.string(),
    display_name: z.string(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    trust: z.enum(["official", "unverified"]),
    installed_version: z.string().nullable(),
    url: z.string(),
  })
  .meta({ id: "ConnectorSummary" });
export type ConnectorSummary = z.infer<typeof connectorSummary>;

export const connectorDetail = connectorSummary
  .extend({
    versions: z.array(z.string()),
    sha256: z.string(),
    published_at: timestamp.nullable(),
    actions: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string().nullable(),
        input: jsonObjectOrNull,
        output: jsonObjectOrNull,
        idempotent: z.boolean(),
      }),
    ),
    connector: jsonObject.meta({ description: "The manifest." }),
  })
  .meta({ id: "Connector" });
export type ConnectorDetail = z.infer<typeof connectorDetail>;

/** `GET /plugins/search?q&tag&limit&offset`. */
export const searchQuery = z.strictObject({
  q: cleanText(200).optional(),
  tag: cleanText(100).optional(),
  limit: pageQuery.limit,
  offset: z
    .string()
    .regex(/^\d{1,6}$/, "must be a number from 0.")
    .transform(Number)
    .default(0)
    .meta({ type: "integer", minimum: 0, default: 0 }),
});

export const searchAnswer = z
  .strictObject({ total: z.int(), results: z.array(connectorSummary) })
  .meta({ id: "ConnectorSearch" });

export const connectorPage = pageOf(connectorSummary).meta({ id: "ConnectorPage" });

/** A connector file as JSON, in whichever of the spellings of section 7 it was written. */
export const connectorDefinition = jsonObject.meta({
  id: "ConnectorDefinition",
  description: "The connector file as it was published.",
  example: { connector: { type: "connector", name: "weather", version: "1.0.0" }, actions: [] },
});

export const installBody = z
  .strictObject({ version: cleanText(50).optional() })
  .meta({ id: "InstallConnector", example: { version: "1.0.0" } });
export const installAnswer = z
  .strictObject({
    status: z.enum(["installed", "removed"]),
    slug: z.string(),
    namespace: z.string(),
    version: z.string(),
  })
  .meta({ id: "ConnectorInstallation" });
