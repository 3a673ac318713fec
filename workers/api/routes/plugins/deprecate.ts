import { deprecateBody, deprecation } from "../../../../contracts/api/connectors.ts";
import { deprecateConnector } from "../../../services/connectors/deprecate.ts";
import { ofVersion } from "./both-families.ts";

export const deprecate = ofVersion(
  "/deprecate",
  {
    method: "post",
    tag: "connectors",
    summary: "Deprecate a version of a connector",
    description: "It goes on working. Installing it and validating a workflow that uses it say so.",
    scope: "connectors:write",
    body: { kind: "json", schema: deprecateBody },
    answers: { 200: { description: "Deprecated", schema: deprecation } },
    refusals: ["NOT_FOUND", "FORBIDDEN"],
  },
  async (slug, version, { context, body }) => {
    const done = await deprecateConnector(context, slug, version, body);
    return done.ok ? { status: 200, body: done.value } : done;
  },
);
