import { changeConnectionBody, connection } from "../../../../contracts/api/connections.ts";
import { changeConnection } from "../../../services/connections/change.ts";
import { mayNameSecrets } from "../../../services/connections/may-name-secrets.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const change = endpoint({
  method: "patch",
  path: "/connections/{id}",
  tag: "connections",
  summary: "Change a connection",
  description: "`values`, when given, replaces all of them.",
  scope: "connections:write",
  params: idParams,
  body: { kind: "json", schema: changeConnectionBody },
  answers: { 200: { description: "After the change", schema: connection } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body }) {
    const refused = mayNameSecrets(context, body.values);
    if (refused) return refused;
    const changed = await changeConnection(context, params.id, body);
    return changed.ok ? { status: 200, body: changed.value } : changed;
  },
});
