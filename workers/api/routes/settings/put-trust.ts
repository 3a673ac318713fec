import { trustPolicyBody } from "../../../../contracts/api/connectors.ts";
import { putPolicy } from "../../../services/connectors/trust-policy.ts";
import { endpoint } from "../../endpoint.ts";

export const putTrust = endpoint({
  method: "put",
  path: "/settings/trust",
  tag: "connectors",
  summary: "Say what may be installed and run",
  description: "Needs `keys:write`: who may only install connectors does not decide which.",
  scope: "keys:write",
  body: { kind: "json", schema: trustPolicyBody },
  answers: { 200: { description: "The policy now", schema: trustPolicyBody } },
  async handle({ context, body }) {
    return { status: 200, body: await putPolicy(context, body) };
  },
});
