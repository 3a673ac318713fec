import type { StartBody } from "../../../contracts/api/executions.ts";
import type { Problem } from "../../../engine/source/problem.ts";

/** Members that the language knows and this deployment does not carry out: refused, because ignoring them would lie. */
const NOT_YET = [
  "callback_url",
  "budget",
  "priority",
  "delay",
  "start_at",
] as const satisfies readonly (keyof StartBody)[];
const OVERRIDES_NOT_YET = ["retry", "connectors", "steps"] as const satisfies readonly (keyof NonNullable<
  StartBody["overrides"]
>)[];

export function unavailableMembers(body: StartBody): Problem[] {
  const refused: string[] = NOT_YET.filter((name) => body[name] !== undefined).map((name) => `/${name}`);
  for (const name of OVERRIDES_NOT_YET) if (body.overrides?.[name] !== undefined) refused.push(`/overrides/${name}`);
  for (const name of Object.keys(body.config_override ?? {}))
    if (name !== "timeout") refused.push(`/config_override/${name}`);
  const problems = refused.map((path) => ({
    path,
    message: `"${path.slice(1).replaceAll("/", ".")}" is not available yet.`,
  }));
  if (body.delay !== undefined && body.start_at !== undefined) {
    problems.push({ path: "/start_at", message: '"delay" and "start_at" exclude each other.' });
  }
  return problems;
}
