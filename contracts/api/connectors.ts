import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { jsonObject, jsonObjectOrNull, jsonValue, timestamp } from "./json-values.ts";
import { pageOf, pageQuery } from "./pages.ts";

const unenforced = z
  .array(
    z.strictObject({
      limit: z.string(),
      value: jsonValue,
      actions: z.array(z.string()),
      passed_on: z.boolean().meta({ description: "Each call tells it to the service, in `context.resources`." }),
      message: z.string(),
    }),
  )
  .meta({ description: "Limits of `runtime.resources` that are not enforced here, and on which actions." });

export const publishConnectorAnswer = z
  .strictObject({
    status: z.literal("published"),
    slug: z.string(),
    namespace: z.string(),
    version: z.string(),
    sha256: z.string(),
    url: z.string(),
    unenforced,
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
    unenforced,
  })
  .meta({ id: "UpdatedConnector" });

/** How far a version can be trusted (section 10), most first. */
export const TRUST_LEVELS = ["official", "verified", "community", "unverified"] as const;
const trust = z.enum(TRUST_LEVELS);
export type Trust = z.infer<typeof trust>;
const visibility = z.enum(["public", "private"]);
const deprecated = z.strictObject({ reason: z.string(), replacement_version: z.string().nullable() }).nullable();

export const connectorSummary = z
  .strictObject({
    slug: z.string(),
    namespace: z.string(),
    name: z.string(),
    version: z.string(),
    display_name: z.string(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    trust,
    visibility,
    deprecated,
    installed_version: z.string().nullable(),
    url: z.string(),
  })
  .meta({ id: "ConnectorSummary" });
export type ConnectorSummary = z.infer<typeof connectorSummary>;

const reach = {
  secrets: z.array(z.string()).meta({
    description:
      "Names of secrets that its calls may ask for: it declares them, and is given no others. One without a scope is given to every installed connector that declares it; a name of which the connector does not say that it is secret may be an env value instead.",
  }),
  env: z.array(z.string()).meta({ description: "Names of env values that its calls read." }),
  hosts: z.array(z.string()).meta({
    description:
      "Where its requests go, as its file says it: host names, what is filled in as it is written, `connection` for a connection's base URL, `next links of a.example` for wherever an answer says that the next page is. Credentials stay with the first origin; so they do where a host redirects.",
  }),
};

export const connectorDetail = connectorSummary
  .extend({
    versions: z.array(z.string()),
    sha256: z.string(),
    published_at: timestamp.nullable(),
    readme: z.string().nullable().meta({ description: "Markdown without HTML: show it as text or render it." }),
    icon: z.string().nullable(),
    ...reach,
    unenforced,
    usage: z.strictObject({ installs: z.int(), executions_30d: z.int() }),
    actions: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string().nullable(),
        input: jsonObjectOrNull,
        output: jsonObjectOrNull,
        idempotent: z.boolean(),
        examples: z.array(jsonObject),
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
    range: z.string().nullable().meta({ description: "What was asked for, where that was a range." }),
    deprecated,
    context: z.array(z.union([z.string(), jsonObject])).meta({
      description: "What its calls are given of a run besides ids: `inputs`, `environment`, `{previous_steps: [ids]}`.",
    }),
    ...reach,
  })
  .meta({ id: "ConnectorInstallation" });

export const connectorVersion = z
  .strictObject({
    version: z.string(),
    sha256: z.string(),
    visibility,
    trust,
    deprecated,
    published_at: timestamp.nullable(),
    installed: z.boolean(),
  })
  .meta({ id: "ConnectorVersion" });
export type ConnectorVersion = z.infer<typeof connectorVersion>;
export const connectorVersionPage = pageOf(connectorVersion).meta({ id: "ConnectorVersionPage" });

export const deprecateBody = z
  .strictObject({ reason: cleanText(1_000), replacement_version: cleanText(100).optional() })
  .meta({ id: "DeprecateConnector", example: { reason: "It forgets the tide", replacement_version: "1.1.0" } });
export type DeprecateBody = z.infer<typeof deprecateBody>;
export const deprecation = z
  .strictObject({
    status: z.literal("deprecated"),
    slug: z.string(),
    namespace: z.string(),
    version: z.string(),
    reason: z.string(),
    replacement_version: z.string().nullable(),
  })
  .meta({ id: "DeprecatedConnector" });
export type Deprecation = z.infer<typeof deprecation>;

export const visibilityBody = z
  .strictObject({ visibility })
  .meta({ id: "ChangeVisibility", example: { visibility: "public" } });
export const visibilityAnswer = z
  .strictObject({ slug: z.string(), namespace: z.string(), version: z.string(), visibility })
  .meta({ id: "ConnectorVisibility" });
export type VisibilityAnswer = z.infer<typeof visibilityAnswer>;

export const unpublishAnswer = z
  .strictObject({ status: z.literal("unpublished"), slug: z.string(), namespace: z.string(), version: z.string() })
  .meta({ id: "UnpublishedConnector" });

const outdatedConnector = z
  .strictObject({
    slug: z.string(),
    namespace: z.string(),
    installed: z.string(),
    range: z.string().nullable(),
    wanted: z.string().meta({ description: "The highest version that the range takes." }),
    latest: z.string(),
    deprecated,
  })
  .meta({ id: "OutdatedConnector" });
export type OutdatedConnector = z.infer<typeof outdatedConnector>;
export const outdatedList = z.strictObject({ data: z.array(outdatedConnector) }).meta({ id: "OutdatedConnectors" });

/** What a tenant lets be installed and run. */
export const trustPolicyBody = z
  .strictObject({
    allow: z.array(trust).max(4),
    own: z.boolean().default(true).meta({ description: "What this tenant published itself, whatever its level." }),
    blocked: z
      .array(cleanText(201))
      .max(1_000)
      .default([])
      .meta({ description: "`namespace/name` or `namespace/*`: never, whatever its level." }),
  })
  .meta({ id: "TrustPolicy", example: { allow: ["official", "verified"], own: true, blocked: [] } });
export type TrustPolicyBody = z.infer<typeof trustPolicyBody>;

export const publisherKeyBody = z.strictObject({ name: cleanText(100), public_key: z.string().max(100) }).meta({
  id: "AddPublisherKey",
  example: { name: "release", public_key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" },
});
export const publisherKey = z
  .strictObject({
    id: z.string(),
    namespace: z.string(),
    name: z.string(),
    public_key: z.string(),
    created_at: timestamp,
    revoked_at: timestamp.nullable(),
  })
  .meta({ id: "PublisherKey" });
export type PublisherKey = z.infer<typeof publisherKey>;
export const publisherKeyList = z.strictObject({ data: z.array(publisherKey) }).meta({ id: "PublisherKeys" });

export const signatureAnswer = z
  .strictObject({
    slug: z.string(),
    namespace: z.string(),
    version: z.string(),
    sha256: z.string().meta({ description: "Of the canonical JSON of the manifest." }),
    source_sha256: z.string().nullable().meta({ description: "Of the file as it was published." }),
    signed: z.boolean(),
    valid: z.boolean().meta({ description: "Verified just now, by a key that is not revoked." }),
    algorithm: z.literal("Ed25519"),
    signature: z.string().nullable(),
    key: z
      .strictObject({ id: z.string(), name: z.string(), public_key: z.string(), revoked_at: timestamp.nullable() })
      .nullable(),
  })
  .meta({ id: "ConnectorSignature" });
export type SignatureAnswer = z.infer<typeof signatureAnswer>;

export const signatureHeaders = z.object({
  "Connector-Signature": z.string().optional().meta({ description: "`<key id> <base64>`: Ed25519 over the body." }),
});
