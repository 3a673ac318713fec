import { installAnswer } from "../../../../contracts/api/connectors.ts";
import { removeConnector } from "../../../services/connectors/install.ts";
import { ofConnector } from "./both-families.ts";

export const uninstall = ofConnector(
  "/install",
  {
    method: "delete",
    tag: "connectors",
    summary: "Remove a connector's installation",
    scope: "connectors:write",
    answers: { 200: { description: "Removed", schema: installAnswer } },
    refusals: ["NOT_FOUND", "CONFLICT"],
  },
  async (slug, { context }) => {
    const removed = await removeConnector(context, slug);
    return removed.ok ? { status: 200, body: removed.value } : removed;
  },
);
