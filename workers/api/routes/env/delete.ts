import { deletedSetting } from "../../../../contracts/api/settings.ts";
import { deleteEnv } from "../../../services/settings/env-values.ts";
import { endpoint } from "../../endpoint.ts";
import { nameParams } from "../path-params.ts";

export const remove = endpoint({
  method: "delete",
  path: "/env/{name}",
  tag: "settings",
  summary: "Delete an env value",
  scope: "secrets:write",
  params: nameParams,
  answers: { 200: { description: "Deleted", schema: deletedSetting } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const gone = await deleteEnv(context, params.name);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
