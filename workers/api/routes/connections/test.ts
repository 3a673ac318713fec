import { connectionTest } from "../../../../contracts/api/connections.ts";
import { testConnection } from "../../../services/connections/test-connection.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const testConnectionRoute = endpoint({
  method: "post",
  path: "/connections/{id}/test",
  tag: "connections",
  scope: "connections:write",
  summary: "Test a connection",
  description:
    "Calls the action that the connector declares as `auth.test`; without one, checks what it can, and says what.",
  params: idParams,
  answers: { 200: { description: "What was found", schema: connectionTest } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const tested = await testConnection(context, params.id);
    return tested.ok ? { status: 200, body: tested.value } : tested;
  },
});
