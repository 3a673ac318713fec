import { limitList } from "../../../../contracts/api/limits.ts";
import { listLimits } from "../../../services/limits/list.ts";
import { endpoint } from "../../endpoint.ts";

export const listLimitsRoute = endpoint({
  method: "get",
  path: "/limits",
  tag: "limits",
  summary: "Show this tenant's limits",
  description: "Each with what it is by default, how far it can be raised, and (where it is counted) what is used.",
  scope: "limits:read",
  answers: { 200: { description: "The limits", schema: limitList } },
  async handle({ context }) {
    return { status: 200, body: await listLimits(context) };
  },
});
