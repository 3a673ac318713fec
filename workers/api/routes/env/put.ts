import { putEnvBody, envView } from "../../../../contracts/api/settings.ts";
import { putEnv } from "../../../services/settings/env-values.ts";
import { endpoint } from "../../endpoint.ts";
import { nameParams } from "../path-params.ts";

export const put = endpoint({
  method: "put",
  path: "/env/{name}",
  tag: "settings",
  summary: "Set an env value",
  scope: "secrets:write",
  params: nameParams,
  body: { kind: "json", schema: putEnvBody },
  answers: { 200: { description: "Set", schema: envView } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, body }) {
    const set = await putEnv(context, params.name, body);
    return set.ok ? { status: 200, body: set.value } : set;
  },
});
