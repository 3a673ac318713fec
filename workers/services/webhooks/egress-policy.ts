import { deploymentPolicy, type DeploymentEgress } from "../../../connectors/egress/deployment-policy.ts";
import type { Ports } from "../context.ts";

/** Where this deployment may call. */
export function egressPolicyOf(env: DeploymentEgress): Ports["egressPolicy"] {
  return deploymentPolicy(env);
}
