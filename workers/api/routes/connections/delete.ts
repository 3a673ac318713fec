import { deletedConnection } from "../../../../contracts/api/connections.ts";
import { deleteConnection } from "../../../services/connections/change.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const remove = endpoint({
  method: "delete",
  path: "/connections/{id}",
  tag: "connections",
  summary: "Delete a connection",
  scope: "connections:write",
  params: idParams,
  answers: { 200: { description: "Deleted", schema: deletedConnection } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const gone = await deleteConnection(context, params.id);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
