import * as z from "zod";
import { usageAuditBody } from "../../../../contracts/api/usage.ts";
import { auditTenants } from "../../../services/usage/audit-tenants.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { refuseScript } from "../../middleware/bootstrap.ts";
import { parseBody } from "../../middleware/parse-request.ts";

/** For `npm run usage -- audit`: one tenant at a time. */
export const auditUsageRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "post",
  path: "/internal/usage/audit",
  tag: "internal",
  summary: "Compare usage in the logs with its records",
  answers: { 200: { description: "What was compared, and what differs", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    const refused = refuseScript(ports, request);
    if (refused) return refused;
    const body = await parseBody(request, { kind: "json", schema: usageAuditBody });
    if (!body.ok) return body;
    const { tenant_id, since, cursor } = usageAuditBody.parse(body.value);
    const from = new Date(since ?? 0);
    return { status: 200, body: await auditTenants(ports, { tenantId: tenant_id, cursor, since: from }) };
  },
};
