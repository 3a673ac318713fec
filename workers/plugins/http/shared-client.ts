import { type OAuthSettings, readOAuthSettings } from "../../../connectors/oauth/oauth-settings.ts";
import type { SealedConnection, TenantRpc } from "../../../contracts/rpc.ts";
import { firstText } from "../../../connectors/auth/credentials.ts";
import { referencesIn } from "../../../connectors/auth/references.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { OpenedConnection } from "./opened-connection.ts";

/** The connector's connection that is nobody's own, opened. */
export interface SharedConnection {
  config: JsonObject;
  values: JsonObject;
}

/** `shared` is undefined where there is none: an end user's connection then goes by the client that it was made with. */
export type SharedLookup =
  | { ok: true; shared: SharedConnection | undefined }
  /** `setting`: what it names is not set for who asks, and to ask again does not help. */
  | { ok: false; message: string; setting?: JsonObject };

/** That nobody can say it now is not that there is none: the provider would be asked with an old secret, and a refusal of that costs a consent. */
export async function sharedConnectionOf(
  tenant: Pick<TenantRpc, "findConnection">,
  own: Pick<SealedConnection, "connector" | "config">,
  open: (found: SealedConnection) => Promise<OpenedConnection>,
): Promise<SharedLookup> {
  try {
    const found = await tenant.findConnection({ connector: own.connector, optional: true });
    if (found === "unsettled") return UNKNOWN;
    if (found === null || found.type !== "OAUTH2" || isOthers(found.config, own.config))
      return { ok: true, shared: undefined };
    const opened = await open(found);
    return opened.ok ? { ok: true, shared: { config: opened.found.config, values: opened.values } } : opened;
  } catch {
    return UNKNOWN;
  }
}

/** Said also of one that cannot be opened, by what names no setting. Where this cannot say it, it is opened to be compared. */
function isOthers(shared: JsonObject, own: JsonObject): boolean {
  return SHOWN.some((member) => {
    const [text, other] = [firstText([shared], [member]), firstText([own], [member])];
    if (text === undefined || other === undefined || text === other) return false;
    const { secrets, env } = referencesIn(text);
    return secrets.length === 0 && env.length === 0;
  });
}

const SHOWN = ["client_id", "issuer", "token_url"] as const;

const UNKNOWN = {
  ok: false,
  message: "its connector's shared connection, whose client it goes by, cannot be looked up now",
} as const;

/**
 * The client of an end user's connection proves itself as the shared connection's does now: its secret may have been changed since that person
 * connected. Only where it is the same client, and every address that a secret or a token is sent to is the same: whoever makes or changes one of
 * the two connections knows neither the secret nor the tokens of the other. What is minted would be the shared client's own, and no person's.
 * An address that this connection does not have is no other: what would go there goes to where both say, or nowhere.
 */
export function withSharedSecret(own: OAuthSettings, shared: SharedConnection | undefined): OAuthSettings {
  const read = shared && readOAuthSettings(shared.config, shared.values);
  if (!read?.ok || own.flow !== "authorization_code") return own;
  if (SAME.some((member) => read.settings[member] !== own[member])) return own;
  if (OWN.some((member) => own[member] !== undefined && read.settings[member] !== own[member])) return own;
  const { clientAuth, clientSecret } = read.settings;
  const { clientSecret: _, ...others } = own;
  return { ...others, clientAuth, ...(clientSecret === undefined ? {} : { clientSecret }) };
}

const SAME = ["clientId", "issuer", "tokenUrl"] as const;
const OWN = ["refreshUrl", "revocationUrl"] as const;
