import { trustPolicyBody } from "../../../../contracts/api/connectors.ts";
import { getPolicy } from "../../../services/connectors/trust-policy.ts";
import { endpoint } from "../../endpoint.ts";

export const getTrust = endpoint({
  method: "get",
  path: "/settings/trust",
  tag: "connectors",
  summary: "Show the trust policy",
  scope: "connectors:read",
  answers: { 200: { description: "What may be installed and run", schema: trustPolicyBody } },
  async handle({ context }) {
    return { status: 200, body: await getPolicy(context) };
  },
});
