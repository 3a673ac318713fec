import { publishConnectorAnswer, signatureHeaders } from "../../../../contracts/api/connectors.ts";
import { publishConnector } from "../../../services/connectors/publish.ts";
import { documentEndpoint } from "../../endpoint.ts";

const about = {
  method: "post",
  tag: "connectors",
  summary: "Publish a connector",
  description: "YAML or JSON. Installs it for the publishing tenant. A published version never changes.",
  scope: "connectors:write",
  body: { kind: "document" },
  requestHeaders: signatureHeaders,
  answers: { 201: { description: "Published", schema: publishConnectorAnswer } },
  refusals: ["CONFLICT", "FORBIDDEN"],
} as const;

const handle: Parameters<typeof documentEndpoint>[0]["handle"] = async ({ context, body, header }) => {
  const published = await publishConnector(context, { ...body, signature: header("connector-signature") });
  if (!published.ok) return published;
  return { status: 201, body: { status: "published", ...published.value }, headers: { location: published.value.url } };
};

export const publishPlugin = documentEndpoint({ ...about, path: "/plugins", handle });
/** The same resource by its other name (section 10). */
export const publishConnectorRoute = documentEndpoint({ ...about, path: "/connectors", handle });
