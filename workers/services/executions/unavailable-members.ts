import type { StartBody } from "../../../contracts/api/executions.ts";
import type { Problem } from "../../../engine/source/problem.ts";

/** Members of `config_override` that mean what they mean in `overrides`. */
const KNOWN: ReadonlySet<string> = new Set(["timeout", "retry", "steps"]);

/** Members that the language knows and this deployment does not carry out: refused, because ignoring them would lie. */
export function unavailableMembers(body: StartBody): Problem[] {
  const refused: string[] = [];
  if (body.overrides?.connectors !== undefined) refused.push("/overrides/connectors");
  for (const name of Object.keys(body.config_override ?? {}))
    if (!KNOWN.has(name)) refused.push(`/config_override/${name}`);
  return refused.map((path) => ({
    path,
    message: `"${path.slice(1).replaceAll("/", ".")}" is not available yet.`,
  }));
}
