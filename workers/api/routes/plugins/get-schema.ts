import { connectorDefinition } from "../../../../contracts/api/connectors.ts";
import { getDefinition } from "../../../services/connectors/definition.ts";
import { endpoint } from "../../endpoint.ts";
import { wantedFormat } from "../../wanted-format.ts";
import { slugVersionParams } from "../path-params.ts";

export const getPluginSchema = endpoint({
  method: "get",
  path: "/plugins/{slug}/{version}/schema",
  tag: "connectors",
  summary: "Get the complete definition of a connector",
  description: "`Accept` chooses YAML or JSON; without a choice it comes byte for byte as it was published.",
  scope: "connectors:read",
  params: slugVersionParams,
  answers: {
    200: {
      description: "The connector and its actions",
      schema: connectorDefinition,
      alsoYaml: true,
      headers: { Vary: "Accept" },
    },
  },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, header }) {
    const found = await getDefinition(context, params.slug, params.version, wantedFormat(header("accept")));
    if (!found.ok) return found;
    const { format, text } = found.value;
    return { status: 200, text, headers: { "content-type": `application/${format}; charset=utf-8`, vary: "accept" } };
  },
});
