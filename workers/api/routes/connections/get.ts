import { connection } from "../../../../contracts/api/connections.ts";
import { getConnection } from "../../../services/connections/read.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/connections/{id}",
  tag: "connections",
  summary: "Get a connection",
  scope: "connections:read",
  params: idParams,
  answers: { 200: { description: "Without secret values", schema: connection } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getConnection(context, params.id);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
