import type { AuthDeclaration } from "../../../connectors/manifest/manifest.ts";
import type { AuthType } from "../../../engine/auth-type.ts";
import type { Problem } from "../../../engine/source/problem.ts";

/** Types that put the same thing into a request: a token of BEARER is what OAUTH2 ends in. Undefined: every type is taken. */
const TAKEN: Readonly<Record<AuthType, readonly AuthType[] | undefined>> = {
  API_KEY: ["API_KEY"],
  BASIC: ["BASIC"],
  BEARER: ["BEARER", "OAUTH2"],
  OAUTH2: ["OAUTH2", "BEARER"],
  CUSTOM_HEADER: ["CUSTOM_HEADER", "CUSTOM"],
  AWS_SIGV4: ["AWS_SIGV4"],
  MTLS: ["MTLS"],
  CUSTOM: undefined,
  NONE: undefined,
};

/** Connectors of several providers, which sign in differently. */
const ALSO_TAKEN: ReadonlyMap<string, readonly AuthType[]> = new Map([["community/email", ["API_KEY"]]]);

/** Why a connector does not take a connection of this type. One that declares no auth takes every type. */
export function unfitType(type: AuthType, declared: AuthDeclaration | undefined, connector: string): Problem[] {
  const taken = declared && TAKEN[declared.type];
  if (taken === undefined) return [];
  const all = [...taken, ...(ALSO_TAKEN.get(connector) ?? [])];
  if (all.includes(type)) return [];
  const message = `"${connector}" takes connections of type ${all.join(" or ")}, not ${type}: that is the \`auth\` it declares.`;
  return [{ path: "/type", message }];
}
