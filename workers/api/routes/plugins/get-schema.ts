import { connectorSchema } from "../../../../contracts/api/connectors.ts";
import { findManifest } from "../../../services/connectors/get.ts";
import { endpoint } from "../../endpoint.ts";
import { slugVersionParams } from "../path-params.ts";

export const getPluginSchema = endpoint({
  method: "get",
  path: "/plugins/{slug}/{version}/schema",
  tag: "connectors",
  summary: "Get the schemas of a connector's actions",
  scope: "connectors:read",
  params: slugVersionParams,
  answers: { 200: { description: "JSON Schemas by action", schema: connectorSchema } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await findManifest(context, params.slug, params.version);
    if (!found.ok) return found;
    const { namespace, name, version, actions } = found.value.manifest;
    const schemas = actions.map(
      (action) => [action.name, { input: action.input ?? null, output: action.output ?? null }] as const,
    );
    return { status: 200, body: { slug: name, namespace, version, actions: Object.fromEntries(schemas) } };
  },
});
