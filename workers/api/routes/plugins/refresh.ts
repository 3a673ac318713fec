import { refreshedPlugin } from "../../../../contracts/api/mcp.ts";
import { refreshConnector } from "../../../services/connectors/refresh.ts";
import { ofConnector } from "./both-families.ts";

export const refreshPlugin = ofConnector(
  "/refresh",
  {
    method: "post",
    tag: "connectors",
    summary: "Ask a connector's MCP server for its tools again",
    description:
      "Where they are others, a higher version with them is published and installed; versions that run keep theirs.",
    scope: "connectors:write",
    answers: { 200: { description: "Unchanged, or updated", schema: refreshedPlugin } },
    refusals: ["NOT_FOUND", "CONFLICT", "BACKEND_ERROR", "TIMEOUT", "QUOTA_EXCEEDED"],
  },
  async (slug, { context }) => {
    const refreshed = await refreshConnector(context, slug);
    return refreshed.ok ? { status: 200, body: refreshed.value } : refreshed;
  },
);
