import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { firstText } from "../auth/credentials.ts";

/** What an OAUTH2 connection says of its provider and of us as its client. */
export interface OAuthSettings {
  flow: "authorization_code" | "client_credentials";
  /** The provider's name for itself: its other addresses are looked up there where they are not given. */
  issuer?: string;
  authorizationUrl?: string;
  tokenUrl?: string;
  /** Where tokens are renewed, if not at `tokenUrl`. */
  refreshUrl?: string;
  revocationUrl?: string;
  scopes: string[];
  audience?: string;
  /** How the client proves itself at the token endpoint. */
  clientAuth: "basic" | "post" | "none";
  /** Further members of the authorization request, such as `access_type: offline`. */
  parameters: Record<string, string>;
  clientId: string;
  clientSecret?: string;
}

export type ReadSettings = { ok: true; settings: OAuthSettings } | { ok: false; path: string; message: string };

/** Reads the members of a connection: those that are shown (`config`) and the sealed ones. */
export function readOAuthSettings(config: JsonObject, values: JsonObject): ReadSettings {
  const text = (...names: string[]) => firstText([config, values], names);
  const clientId = text("client_id", "clientId");
  if (clientId === undefined) return missing("client_id", "OAUTH2 needs `client_id`: the id the provider gave you.");
  const flow = flowOf(text("flow", "grant_type"));
  if (flow === undefined) return missing("flow", '`flow` is "authorization_code" or "client_credentials".');
  const issuer = text("issuer");
  const tokenUrl = text("token_url", "tokenUrl");
  const authorizationUrl = text("authorization_url", "auth_url", "authorizationUrl");
  if (tokenUrl === undefined && issuer === undefined)
    return missing("token_url", "OAUTH2 needs `token_url`, or `issuer` to look it up.");
  if (flow === "authorization_code" && authorizationUrl === undefined && issuer === undefined)
    return missing(
      "authorization_url",
      "The authorization code flow needs `authorization_url`, or `issuer` to look it up.",
    );
  const refreshUrl = text("refresh_url", "refreshUrl");
  for (const [name, url] of Object.entries({
    issuer,
    token_url: tokenUrl,
    refresh_url: refreshUrl,
    authorization_url: authorizationUrl,
  }))
    if (url !== undefined && !URL.canParse(url)) return missing(name, `\`${name}\` must be an absolute URL.`);
  const clientSecret = text("client_secret", "clientSecret");
  const wanted = text("client_auth", "token_endpoint_auth_method");
  const revocationUrl = text("revocation_url", "revocationUrl");
  const audience = text("audience");
  return {
    ok: true,
    settings: {
      flow,
      scopes: listOf(config.scopes ?? config.scope ?? null),
      clientAuth: clientSecret === undefined ? "none" : wanted?.includes("post") ? "post" : "basic",
      parameters: textsOf(config.parameters ?? null),
      clientId,
      ...(issuer === undefined ? {} : { issuer }),
      ...(tokenUrl === undefined ? {} : { tokenUrl }),
      ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
      ...(refreshUrl === undefined ? {} : { refreshUrl }),
      ...(revocationUrl === undefined ? {} : { revocationUrl }),
      ...(audience === undefined ? {} : { audience }),
      ...(clientSecret === undefined ? {} : { clientSecret }),
    },
  };
}

function missing(name: string, message: string): ReadSettings {
  return { ok: false, path: `/values/${name}`, message };
}

function flowOf(written: string | undefined): OAuthSettings["flow"] | undefined {
  if (written === undefined || /^authorization_?code$/i.test(written)) return "authorization_code";
  return /^client_?credentials$/i.test(written) ? "client_credentials" : undefined;
}

function listOf(written: Json): string[] {
  if (typeof written === "string") return written.split(/[\s,]+/).filter((scope) => scope !== "");
  return Array.isArray(written) ? written.filter((scope) => typeof scope === "string") : [];
}

function textsOf(written: Json): Record<string, string> {
  if (!isObject(written)) return {};
  return Object.fromEntries(
    Object.entries(written).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}
