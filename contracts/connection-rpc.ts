/*
 * The object of one OAUTH2 connection: its newest token, sealed, and who may renew it now. It has no network and no key: whoever
 * holds its lease asks the provider, and gives it what came back before anybody uses it.
 */

/** A token as it is kept. */
export interface KeptToken {
  /** Output of `vault/seal`, for the place `<connection>#<version>`. */
  sealed: string;
  /** Every token that was ever given to this connection has its own. */
  version: number;
  /** Epoch ms from which it should be renewed; null: nobody knows, it is used until it is refused. */
  refreshAt: number | null;
  /** Epoch ms when it ends. */
  expiresAt: number | null;
  /** The time of the row by which it was minted, where nobody had to consent. */
  of?: number;
}

/**
 * `stale`: the version that was refused with 401. `mint`: a token can be had without anybody's consent, by what the connection was at `of`: one
 * of another time goes with other addresses.
 */
export interface TokenAsk {
  stale?: number;
  mint?: boolean;
  of?: number;
}

export type TokenAnswer =
  | { kind: "token"; token: KeptToken }
  /** The caller alone may ask the provider now, until the lease ends; the new token is sealed for `version`. */
  | { kind: "renew"; lease: string; version: number; token: KeptToken | null }
  | { kind: "not_connected" }
  | { kind: "needs_reconnect"; reason: string }
  /** Another caller asked the provider, and it could not answer. */
  | { kind: "failed"; message: string };

/**
 * `reconnect`: it never will again, somebody has to consent anew. `rests`: it refused the client itself, which nobody consents to: it is asked
 * again after a while, for the client's secret may be put right without anybody telling us.
 */
export interface GivenUp {
  message: string;
  reconnect: boolean;
  rests?: boolean;
}

/** An authorization that somebody began in a browser. `sealed` holds its verifier, session and issuer. */
export interface PendingAuthorization {
  nonce: string;
  sealed: string;
  expiresAt: number;
}

export interface ConnectionRpc {
  /** Waits while another caller renews it. */
  token(ask: TokenAsk): Promise<TokenAnswer>;
  /** False: the lease is over, and the token was not taken. */
  store(lease: string, token: KeptToken): Promise<boolean>;
  /** The provider gave none. False: the lease is over, and what came of it says nothing of what the connection is now. */
  giveUp(lease: string, outcome: GivenUp): Promise<boolean>;
  beginAuthorization(pending: PendingAuthorization): Promise<void>;
  /** Once: the second call of a nonce answers null. `version` is for the token that follows. */
  takeAuthorization(nonce: string): Promise<{ sealed: string; version: number } | null>;
  /** What an authorization ended with. False when a newer one was quicker, or all was forgotten since it was taken. */
  grant(token: KeptToken): Promise<boolean>;
  /** Its token, for a rotation of the master key or a revocation. */
  kept(): Promise<KeptToken | null>;
  /** The same token, sealed anew. False when it was renewed in the meantime. */
  reseal(token: KeptToken): Promise<boolean>;
  /** Everything goes; tokens of what was taken or leased before are not taken any more. Of a deleted connection none is, ever. */
  forget(of?: { deleted: boolean }): Promise<void>;
}
