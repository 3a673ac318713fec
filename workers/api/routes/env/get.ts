import { envView } from "../../../../contracts/api/settings.ts";
import { getEnv } from "../../../services/settings/env-values.ts";
import { endpoint } from "../../endpoint.ts";
import { nameParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/env/{name}",
  tag: "settings",
  summary: "Get an env value",
  scope: "secrets:read",
  params: nameParams,
  answers: { 200: { description: "What may be shown of it", schema: envView } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getEnv(context, params.name);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
