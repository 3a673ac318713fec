import { instancesQuery, serviceInstances } from "../../../../contracts/api/services.ts";
import { listInstances } from "../../../services/registration/list.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/register",
  tag: "services",
  summary: "List registered instances and how well they are",
  scope: "connectors:read",
  query: instancesQuery,
  answers: { 200: { description: "The instances", schema: serviceInstances } },
  refusals: ["NOT_FOUND"],
  async handle({ context, query }) {
    const listed = await listInstances(context, query.plugin_slug);
    return listed.ok ? { status: 200, body: listed.value } : listed;
  },
});
