import { deletedSetting } from "../../../../contracts/api/settings.ts";
import { deleteSecret } from "../../../services/settings/secrets.ts";
import { endpoint } from "../../endpoint.ts";
import { nameParams } from "../path-params.ts";

export const remove = endpoint({
  method: "delete",
  path: "/secrets/{name}",
  tag: "settings",
  summary: "Delete a secret",
  scope: "secrets:write",
  params: nameParams,
  answers: { 200: { description: "Deleted", schema: deletedSetting } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const gone = await deleteSecret(context, params.name);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
