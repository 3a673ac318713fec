import { installAnswer, installBody } from "../../../../contracts/api/connectors.ts";
import { installConnector } from "../../../services/connectors/install.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const install = endpoint({
  method: "post",
  path: "/plugins/{slug}/install",
  tag: "connectors",
  summary: "Install a version of a connector",
  scope: "connectors:write",
  params: slugParams,
  body: { kind: "json", schema: installBody, optional: true },
  answers: { 200: { description: "Installed", schema: installAnswer } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, body }) {
    const installed = await installConnector(context, params.slug, body.version);
    return installed.ok ? { status: 200, body: installed.value } : installed;
  },
});
