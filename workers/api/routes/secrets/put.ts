import { putSecretBody, secretView } from "../../../../contracts/api/settings.ts";
import { putSecret } from "../../../services/settings/secrets.ts";
import { endpoint } from "../../endpoint.ts";
import { nameParams } from "../path-params.ts";

export const put = endpoint({
  method: "put",
  path: "/secrets/{name}",
  tag: "settings",
  summary: "Set a secret",
  scope: "secrets:write",
  params: nameParams,
  body: { kind: "json", schema: putSecretBody },
  answers: { 200: { description: "Set", schema: secretView } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, body }) {
    const set = await putSecret(context, params.name, body);
    return set.ok ? { status: 200, body: set.value } : set;
  },
});
