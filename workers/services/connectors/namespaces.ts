import { and, eq } from "drizzle-orm";
import { nameSkeleton } from "../../../connectors/names/name-skeleton.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { connectorNamespaces } from "../../database/tables.ts";
import type { Context, Ports } from "../context.ts";

/** What a file without a namespace is published in, and where the platform's own connectors stand. */
export const DEFAULT_NAMESPACE = "community";
/** Names of the platform's own namespaces: nobody else publishes there. */
const RESERVED: ReadonlySet<string> = new Set(["smartify", "official"]);
/** All that are not a tenant's, wherever they are. */
export const PLATFORM_NAMESPACES: readonly string[] = [DEFAULT_NAMESPACE, ...RESERVED];

/** Who may publish there: the caller alone (`own`), the caller once it is claimed (`free`), or everybody (`open`). */
export type Standing = "own" | "free" | "open";

function forbidden(namespace: string, message: string): Failure {
  return failure("FORBIDDEN", message, { namespace });
}

/** Everybody's (`community` where the platform is developed), the platform's own, or some tenant's. */
export function namespaceKind(namespace: string, deployment: Ports["deployment"]): "open" | "platform" | "tenant" {
  if (namespace === DEFAULT_NAMESPACE) return deployment === "development" ? "open" : "platform";
  return RESERVED.has(namespace) ? "platform" : "tenant";
}

/**
 * Whether the caller may publish in a namespace (section 10): it belongs to the tenant that published in it first, in
 * each environment.
 */
export async function namespaceStanding({ ports, caller }: Context, namespace: string): Promise<Result<Standing>> {
  const kind = namespaceKind(namespace, ports.deployment);
  if (kind === "open") return success("open");
  if (kind === "platform")
    return forbidden(namespace, `The namespace "${namespace}" belongs to the platform: name one of your own.`);
  const [row] = await ports.database
    .select({ tenantId: connectorNamespaces.tenantId })
    .from(connectorNamespaces)
    .where(and(eq(connectorNamespaces.environment, caller.environment), eq(connectorNamespaces.namespace, namespace)));
  if (row === undefined) return success("free");
  if (row.tenantId === caller.tenantId) return success("own");
  return forbidden(namespace, `The namespace "${namespace}" belongs to another tenant.`);
}

/** The row that makes a free namespace the caller's; a unique violation where somebody was faster. */
export function claimNamespace({ ports, caller }: Context, namespace: string) {
  return ports.database.insert(connectorNamespaces).values({
    environment: caller.environment,
    namespace,
    tenantId: caller.tenantId,
    skeleton: nameSkeleton(namespace),
    claimedAt: new Date(ports.now()),
  });
}
