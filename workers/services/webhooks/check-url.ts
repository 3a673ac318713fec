import { webhookEgress } from "../../../connectors/egress/webhook-egress.ts";
import { failure, type Failure } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { Ports } from "../context.ts";

/** Why a webhook may not go there (section 20); null when it may. Asked again before every attempt. */
export function refuseUrl({ egressPolicy }: Pick<Ports, "egressPolicy">, path: string, url: string): Failure | null {
  const verdict = webhookEgress(url, egressPolicy);
  if (verdict.ok) return null;
  const field = path.slice(1);
  if (verdict.kind === "scheme") return validationFailure([{ path, message: `"${field}": ${verdict.reason}.` }]);
  return failure("FORBIDDEN", `"${field}" is not allowed: ${verdict.reason}.`, {
    reason: "egress",
    rule: verdict.reason,
    field,
  });
}
