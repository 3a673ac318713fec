import * as z from "zod";
import { createTenantBody } from "../../../../contracts/api/keys.ts";
import { createTenant } from "../../../services/tenants/create.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { refuseScript } from "../../middleware/bootstrap.ts";
import { parseBody } from "../../middleware/parse-request.ts";

/** For the scripts of a deployment. Without BOOTSTRAP_TOKEN there is no such path. */
export const createTenantRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "post",
  path: "/internal/tenants",
  tag: "internal",
  summary: "Create a tenant and its first key",
  answers: { 201: { description: "The tenant and its key", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    const refused = refuseScript(ports, request);
    if (refused) return refused;
    const body = await parseBody(request, { kind: "json", schema: createTenantBody });
    if (!body.ok) return body;
    const { name, environment = "live" } = createTenantBody.parse(body.value);
    return { status: 201, body: await createTenant(ports, name, environment) };
  },
};
