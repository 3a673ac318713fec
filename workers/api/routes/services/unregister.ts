import { unregisteredInstance } from "../../../../contracts/api/services.ts";
import { unregisterInstance } from "../../../services/registration/register.ts";
import { endpoint } from "../../endpoint.ts";
import { instanceParams } from "../path-params.ts";

export const unregister = endpoint({
  method: "delete",
  path: "/register/{plugin_slug}/{instance_id}",
  tag: "services",
  summary: "Take an instance of a connector's service away",
  scope: "connectors:write",
  params: instanceParams,
  answers: { 200: { description: "It gets no further calls", schema: unregisteredInstance } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const removed = await unregisterInstance(context, params.plugin_slug, params.instance_id);
    return removed.ok ? { status: 200, body: removed.value } : removed;
  },
});
