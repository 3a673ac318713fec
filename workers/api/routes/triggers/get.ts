import { trigger } from "../../../../contracts/api/triggers.ts";
import { getTrigger } from "../../../services/triggers/read.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/triggers/{id}",
  tag: "triggers",
  summary: "Read a trigger",
  scope: "triggers:read",
  params: idParams,
  answers: { 200: { description: "With its next due times and what it started last", schema: trigger } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getTrigger(context, params.id);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
