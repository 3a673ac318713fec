import { readOAuthSettings } from "../../../connectors/oauth/oauth-settings.ts";
import type { AuthDeclaration } from "../../../connectors/manifest/manifest.ts";
import { type ClientCertificate, isCertificateOf } from "../../../contracts/client-certificates.ts";
import type { Failure } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { AuthType } from "../../../engine/auth-type.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { splitValues } from "./connection-values.ts";
import { unfitType } from "./unfit-type.ts";
import { unfitValues } from "./unfit-values.ts";

/** Members of an OAUTH2 declaration, and what a connection calls them. */
const DECLARED: Readonly<Record<string, string>> = {
  issuer: "issuer",
  authorizationUrl: "authorization_url",
  tokenUrl: "token_url",
  refreshUrl: "refresh_url",
  revocationUrl: "revocation_url",
  scopes: "scopes",
  audience: "audience",
  flow: "flow",
  parameters: "parameters",
};

/** What a connection does not say of its provider, its connector may: a tenant then brings only its client. */
export function withDeclared(type: string, values: JsonObject, auth: AuthDeclaration | undefined): JsonObject {
  if (type !== "OAUTH2" || auth?.type !== "OAUTH2") return values;
  const declared = Object.entries(auth.options ?? {}).flatMap(([name, value]) => {
    const own = DECLARED[name];
    return own === undefined || value === null || Object.hasOwn(values, own) ? [] : [[own, value] as const];
  });
  return { ...Object.fromEntries(declared), ...values };
}

/** What a deployment has for connections, and who asks. */
interface Deployment {
  certificates: ReadonlyMap<string, ClientCertificate>;
  tenantId: string;
}

/** The connector that a connection is for, and what it says of its auth. */
interface For {
  connector: string;
  auth: AuthDeclaration | undefined;
}

/** Why a connection of this type cannot be, or not with these values: everything at once. */
export function unfitConnection(
  type: AuthType,
  values: JsonObject,
  { connector, auth }: For,
  deployment: Deployment,
): Failure | undefined {
  const problems = [...unfitType(type, auth, connector), ...unfitValues(type, values)];
  const { config, secret } = splitValues(values);
  if (type === "OAUTH2") {
    const read = readOAuthSettings(config, secret);
    if (!read.ok) problems.push({ path: read.path, message: read.message });
  }
  if (type === "MTLS") problems.push(...unfitCertificate(config, secret, deployment));
  return problems.length === 0 ? undefined : validationFailure(problems);
}

function unfitCertificate(
  { certificate }: JsonObject,
  secret: JsonObject,
  { certificates, tenantId }: Deployment,
): Problem[] {
  const [pasted] = Object.keys(secret);
  if (pasted !== undefined || typeof certificate !== "string") {
    const message =
      "A client certificate cannot be brought at run time: whoever runs this deployment binds it to the http plugin Worker (mtls_certificates), and a connection of type MTLS names it: {certificate: NAME}. Else use another type, or put a proxy that holds the certificate before the service.";
    return [{ path: pasted === undefined ? "/values/certificate" : `/values/${pasted}`, message }];
  }
  if (isCertificateOf(certificates.get(certificate), tenantId)) return [];
  const message = `There is no client certificate "${certificate}" for this tenant in this deployment: ask who runs it.`;
  return [{ path: "/values/certificate", message }];
}
