import { installAnswer, installBody } from "../../../../contracts/api/connectors.ts";
import { installConnector } from "../../../services/connectors/install.ts";
import { ofConnector } from "./both-families.ts";

export const install = ofConnector(
  "/install",
  {
    method: "post",
    tag: "connectors",
    summary: "Install a version of a connector",
    description:
      "`version` is one version or a range (`^1.2`, `~1.2.3`, `1.x`): the highest that fits and that the tenant's trust policy allows is installed, and stays until the next installation.",
    scope: "connectors:write",
    body: { kind: "json", schema: installBody, optional: true },
    answers: { 200: { description: "Installed", schema: installAnswer } },
    refusals: ["NOT_FOUND", "FORBIDDEN"],
  },
  async (slug, { context, body }) => {
    const installed = await installConnector(context, slug, body.version);
    return installed.ok ? { status: 200, body: installed.value } : installed;
  },
);
