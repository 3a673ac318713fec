import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { authType } from "../../engine/auth-type.ts";
import { nearestName } from "../../engine/source/nearest-name.ts";
import type { AuthDeclaration } from "./manifest.ts";

const SHOWN = ["apiKey", "basic", "bearer", "oauth2", "customHeader", "awsSigv4", "mtls", "custom", "none"];

const OPTIONS = [
  "issuer",
  "test",
  "revocationUrl",
  "region",
  "service",
  "flow",
  "authorizationUrl",
  "tokenUrl",
  "refreshUrl",
  "scopes",
  "pkce",
  "audience",
  "scheme",
  "parameters",
  "clientCert",
  "clientKey",
  "caCert",
  "headers",
  "description",
  "required",
] as const;

/**
 * `auth: {type, …}` (section 7). The type's own members stand beside `type`, or in a block named like the type
 * (`auth: {type: oauth2, oauth2: {tokenUrl}}`).
 */
export function readAuth(block: BlockReader): AuthDeclaration | undefined {
  const member = block.member(["auth", "authentication"]);
  const auth = member && block.inside(member);
  if (auth === undefined) return undefined;
  const written = auth.text(["type"]);
  const type = written === undefined ? undefined : authType(written);
  if (type === undefined) refuseType(auth, written);
  const own = nestedBlock(auth, written) ?? auth;
  const declaration = withoutUndefined<AuthDeclaration>({
    type: type ?? "NONE",
    in: own.oneOf(["in"], ["header", "query", "cookie"]),
    name: own.text(["name"]),
    prefix: own.text(["prefix"]),
  });
  const options = Object.fromEntries(
    OPTIONS.flatMap((name) => (own.has(name) ? [[name, own.json([name]) ?? null]] : [])),
  );
  if (Object.keys(options).length > 0) declaration.options = options;
  own.accept(OPTIONS);
  if (own !== auth) own.finish(`auth.${written}`);
  auth.finish("auth");
  return declaration;
}

function nestedBlock(auth: BlockReader, written: string | undefined): BlockReader | undefined {
  auth.accept(SHOWN);
  const member = written === undefined ? undefined : auth.member([written]);
  return member && auth.inside(member);
}

function refuseType(auth: BlockReader, written: string | undefined): void {
  const member = auth.member(["type"]);
  if (member === undefined) auth.missing("type", "in auth");
  else if (written !== undefined) {
    auth.context.refuse(member, `auth type must be one of ${SHOWN.join(", ")}`, nearestName(written, SHOWN));
  }
}
