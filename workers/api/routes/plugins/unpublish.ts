import { unpublishAnswer } from "../../../../contracts/api/connectors.ts";
import { unpublishConnector } from "../../../services/connectors/unpublish.ts";
import { ofVersion } from "./both-families.ts";

export const unpublish = ofVersion(
  "",
  {
    method: "delete",
    tag: "connectors",
    summary: "Unpublish a version of a connector",
    description: "Only one that is deprecated, unused and at most 72 hours old. Its name and number stay taken.",
    scope: "connectors:write",
    answers: { 200: { description: "Unpublished", schema: unpublishAnswer } },
    refusals: ["NOT_FOUND", "FORBIDDEN", "CONFLICT"],
  },
  async (slug, version, { context }) => {
    const done = await unpublishConnector(context, slug, version);
    return done.ok ? { status: 200, body: done.value } : done;
  },
);
