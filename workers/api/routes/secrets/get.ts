import { secretView } from "../../../../contracts/api/settings.ts";
import { getSecret } from "../../../services/settings/secrets.ts";
import { endpoint } from "../../endpoint.ts";
import { nameParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/secrets/{name}",
  tag: "settings",
  summary: "Get a secret",
  scope: "secrets:read",
  params: nameParams,
  answers: { 200: { description: "What may be shown of it", schema: secretView } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getSecret(context, params.name);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
