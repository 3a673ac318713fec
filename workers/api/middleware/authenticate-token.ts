import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Scope } from "../../../contracts/scopes.ts";
import type { StreamGrant } from "../../../contracts/stream-token.ts";
import type { Ports } from "../../services/context.ts";
import { verifyKeyId } from "../../services/keys/verify-id.ts";
import type { Access } from "./access.ts";

/**
 * A page of another origin may use a token that names it. Where it names none, any page may read (the token is what it needs),
 * but a WebSocket, which can also act and knows no CORS, only comes from the platform's own origin or from no page at all.
 */
function mayComeFrom(request: Request, { origins }: StreamGrant): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  if (origins !== null) return origins.includes(origin);
  return request.headers.get("upgrade") === null || origin === new URL(request.url).origin;
}

/** Who asks, by a stream token, and whether the key that it was issued for still may do this. */
export async function authenticateToken(
  ports: Ports,
  token: string,
  request: Request,
  scope: Scope,
): Promise<Result<Access>> {
  if (request.headers.get("authorization") !== null)
    return failure("VALIDATION", "Send a key or a stream token, not both.", { field: "token" });
  const grant = ports.streamTokens.read(token, ports.now());
  const key = grant && (await verifyKeyId(ports, grant, grant.keyId));
  if (grant === null || key === null) return failure("UNAUTHENTICATED", "The stream token is not valid any more.");
  if (!mayComeFrom(request, grant)) return failure("FORBIDDEN", "This stream token is not for pages of this origin.");
  const scopes = grant.scopes.filter((it) => key.scopes.includes(it));
  if (!scopes.includes(scope)) return failure("FORBIDDEN", `This token lacks the scope ${scope}.`, { scope });
  return success({
    caller: { ...key, scopes },
    grant,
    holds: async () => (await verifyKeyId(ports, grant, grant.keyId)) !== null,
  });
}
