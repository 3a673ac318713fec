import { connectorDefinition } from "../../../../contracts/api/connectors.ts";
import { getDefinition } from "../../../services/connectors/definition.ts";
import { wantedFormat } from "../../wanted-format.ts";
import { ofVersion } from "./both-families.ts";

export const getSchema = ofVersion(
  "/schema",
  {
    method: "get",
    tag: "connectors",
    summary: "Get the complete definition of a connector",
    description: "`Accept` chooses YAML or JSON; without a choice it comes byte for byte as it was published.",
    scope: "connectors:read",
    answers: {
      200: {
        description: "The connector and its actions",
        schema: connectorDefinition,
        alsoYaml: true,
        headers: { Vary: "Accept" },
      },
    },
    refusals: ["NOT_FOUND"],
  },
  async (slug, version, { context, header }) => {
    const found = await getDefinition(context, slug, version, wantedFormat(header("accept")));
    if (!found.ok) return found;
    const { format, text } = found.value;
    return { status: 200, text, headers: { "content-type": `application/${format}; charset=utf-8`, vary: "accept" } };
  },
);
