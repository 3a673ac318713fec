import { revokedKey } from "../../../../contracts/api/keys.ts";
import { revokeKey } from "../../../services/keys/revoke.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const revoke = endpoint({
  method: "delete",
  path: "/keys/{id}",
  tag: "keys",
  summary: "Revoke a key",
  description: "In force everywhere within 30 seconds.",
  scope: "keys:write",
  params: idParams,
  answers: { 200: { description: "Revoked", schema: revokedKey } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const revoked = await revokeKey(context, params.id);
    return revoked.ok ? { status: 200, body: revoked.value } : revoked;
  },
});
