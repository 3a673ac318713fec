import { connection, createConnectionBody } from "../../../../contracts/api/connections.ts";
import { createConnection } from "../../../services/connections/create.ts";
import { mayNameSecrets } from "../../../services/connections/may-name-secrets.ts";
import { endpoint } from "../../endpoint.ts";

export const create = endpoint({
  method: "post",
  path: "/connections",
  tag: "connections",
  summary: "Store credentials for a connector",
  description:
    "Values are sealed and never shown again, except those that say where and how (`base_url`, `header`, `prefix`, …).",
  scope: "connections:write",
  body: { kind: "json", schema: createConnectionBody },
  answers: { 201: { description: "The connection, without its secret values", schema: connection } },
  refusals: ["CONFLICT"],
  async handle({ context, body }) {
    const refused = mayNameSecrets(context, body.values);
    if (refused) return refused;
    const created = await createConnection(context, body);
    return created.ok
      ? { status: 201, body: created.value, headers: { location: `/connections/${created.value.id}` } }
      : created;
  },
});
