import { auditPage, auditQuery } from "../../../../contracts/api/audit.ts";
import { listAudit } from "../../../services/audit/list.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/audit",
  tag: "audit",
  summary: "Who changed what",
  description:
    "Newest first: changes of workflows, connectors, connections, secrets, values and keys, and what somebody did to executions (cancel, pause, resume, shutdown, approval). Starts stand in the list of executions.",
  scope: "audit:read",
  query: auditQuery,
  answers: { 200: { description: "Newest first", schema: auditPage } },
  async handle({ context, query }) {
    const page = await listAudit(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
