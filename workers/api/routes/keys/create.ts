import { createdKey, createKeyBody } from "../../../../contracts/api/keys.ts";
import { createKey } from "../../../services/keys/create.ts";
import { endpoint } from "../../endpoint.ts";

export const create = endpoint({
  method: "post",
  path: "/keys",
  tag: "keys",
  summary: "Create a key",
  description: "The key is shown in this answer and never again. It cannot have more than the key that creates it.",
  scope: "keys:write",
  body: { kind: "json", schema: createKeyBody },
  answers: { 201: { description: "The key", schema: createdKey } },
  async handle({ context, body }) {
    const created = await createKey(context, body);
    return created.ok ? { status: 201, body: created.value } : created;
  },
});
