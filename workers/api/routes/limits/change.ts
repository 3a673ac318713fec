import * as z from "zod";
import { changeLimitsBody } from "../../../../contracts/api/limits.ts";
import { changeLimits } from "../../../services/limits/change.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { refuseScript } from "../../middleware/bootstrap.ts";
import { parseBody } from "../../middleware/parse-request.ts";

/** For the scripts of a deployment (`npm run tenant -- limits`). */
export const changeLimitsRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "put",
  path: "/internal/limits",
  tag: "internal",
  summary: "Change limits of a tenant",
  answers: { 200: { description: "What differs from the defaults now", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    const refused = refuseScript(ports, request);
    if (refused) return refused;
    const body = await parseBody(request, { kind: "json", schema: changeLimitsBody });
    if (!body.ok) return body;
    const { tenant_id: tenantId, environment = "live", limits } = changeLimitsBody.parse(body.value);
    const changed = await changeLimits(ports, { tenantId, environment }, limits);
    return changed.ok ? { status: 200, body: { limits: changed.value } } : changed;
  },
};
