import type { Result } from "./errors.ts";
import type { Owner } from "./placement.ts";
import type { SealedConnection } from "./rpc.ts";

/** A browser that is about to go to a provider, or comes back from one. */
export interface BrowserSession {
  /** What the browser alone has, in a cookie; null where it has none. */
  session: string | null;
  /** Our callback's address, exactly as the provider was told. */
  redirectUri: string;
}

/** What of a connection could be looked at: that it gives a token, or that its values open and fit its type. */
export interface ConnectionCheck {
  checked: "token" | "values";
  message: string;
}

/** The http plugin Worker, which alone asks providers and sees tokens. */
export interface OAuthRpc {
  /** Begins an authorization (authorization code, PKCE): where the browser goes. `link`: the connect link it came by. */
  beginAuthorization(
    owner: Owner,
    connection: SealedConnection,
    browser: BrowserSession & { link: string | null },
  ): Promise<Result<{ url: string }>>;
  /** The provider sent the browser back with this query. Answers which connection is connected now. */
  finishAuthorization(query: string, browser: BrowserSession): Promise<Result<{ connector: string }>>;
  /**
   * Forgets the connection's tokens and revokes them at its provider (RFC 7009). True: the provider confirmed it. For one that is `deleted` nobody
   * waits until the provider does.
   */
  revokeConnection(owner: Owner, connection: SealedConnection, deleted?: boolean): Promise<boolean>;
  /** Opens it and does what can be done without a call of its connector. */
  checkConnection(owner: Owner, connection: SealedConnection): Promise<Result<ConnectionCheck>>;
  /** Whether it has a token, of whatever use. */
  isKept(owner: Owner, connectionId: string): Promise<boolean>;
  /** Seals its token again, under the current master key. True: it had another. Throws where it still has. */
  resealConnection(owner: Owner, connectionId: string): Promise<boolean>;
}
