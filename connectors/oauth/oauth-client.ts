import * as oauth from "oauth4webapi";
import type { EgressPolicy } from "../egress/egress.ts";
import { fetchChecked } from "../egress/fetch-checked.ts";
import { readCapped } from "../egress/read-capped.ts";
import { refusedWithSuccess } from "./refused-with-success.ts";
import { withoutIdToken } from "./without-id-token.ts";
import type { OAuthSettings } from "./oauth-settings.ts";

/** A token as a provider gives it. Never stored in the clear. */
export interface GrantedToken {
  access_token: string;
  refresh_token?: string;
  /** Seconds. */
  expires_in?: number;
  scope?: string;
}

/** `lost`: the provider refuses this grant or this client for good. Else it could not answer, and may later. */
export type TokenOutcome = { ok: true; token: GrantedToken } | { ok: false; lost: boolean; message: string };

export interface OAuthPorts {
  policy: EgressPolicy;
  fetch: typeof fetch;
}

const TIMEOUT_MS = 10_000;
const MOST_ANSWER_BYTES = 1_048_576;

/** Asks OAuth providers, through the egress rules (RFC 6749, 7009, 7636, 8414, 9207). */
export class OAuthClient {
  readonly #settings: OAuthSettings;
  readonly #ports: OAuthPorts;
  #server: oauth.AuthorizationServer | undefined;

  constructor(settings: OAuthSettings, ports: OAuthPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Where somebody consents. PKCE always, whatever the provider says that it supports. */
  async authorizationUrl(request: { redirectUri: string; state: string; verifier: string }): Promise<string> {
    const { clientId, scopes, audience, parameters } = this.#settings;
    const server = await this.#found();
    if (server.authorization_endpoint === undefined) throw new Error("the provider has no authorization endpoint");
    const url = new URL(server.authorization_endpoint);
    const members: Record<string, string> = {
      ...parameters,
      response_type: "code",
      client_id: clientId,
      redirect_uri: request.redirectUri,
      state: request.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(request.verifier),
      code_challenge_method: "S256",
    };
    if (scopes.length > 0) members.scope = scopes.join(" ");
    if (audience !== undefined) members.audience = audience;
    for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value);
    return url.href;
  }

  /** The provider's name, to be bound to an authorization: an answer of another one is a mix-up. */
  async issuer(): Promise<string> {
    return (await this.#found()).issuer;
  }

  /** Trades the code of a callback. `params` is its whole query; the state was checked by who calls. */
  async trade(request: {
    params: URLSearchParams;
    state: string;
    redirectUri: string;
    verifier: string;
  }): Promise<TokenOutcome> {
    return this.#ask(async (server, client, options) => {
      const given = new URLSearchParams(request.params);
      // Nobody told us the provider's name: there is nothing to compare its own with.
      if (this.#settings.issuer === undefined) given.delete("iss");
      // Also checks `iss` (RFC 9207), where it is given or promised.
      const params = oauth.validateAuthResponse(server, client, given, request.state);
      const { redirectUri, verifier } = request;
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        this.#proof(),
        params,
        redirectUri,
        verifier,
        options,
      );
      return oauth.processAuthorizationCodeResponse(server, client, await this.#readable(response), KNOWN);
    });
  }

  async refresh(refreshToken: string): Promise<TokenOutcome> {
    const { refreshUrl } = this.#settings;
    return this.#ask(async (found, client, options) => {
      const server = refreshUrl === undefined ? found : { ...found, token_endpoint: refreshUrl };
      const response = await oauth.refreshTokenGrantRequest(server, client, this.#proof(), refreshToken, options);
      return oauth.processRefreshTokenResponse(server, client, await this.#readable(response), KNOWN);
    });
  }

  async clientCredentials(): Promise<TokenOutcome> {
    return this.#ask(async (server, client, options) => {
      const { scopes, audience } = this.#settings;
      const parameters = new URLSearchParams();
      if (scopes.length > 0) parameters.set("scope", scopes.join(" "));
      if (audience !== undefined) parameters.set("audience", audience);
      const response = await oauth.clientCredentialsGrantRequest(server, client, this.#proof(), parameters, options);
      return oauth.processClientCredentialsResponse(server, client, await this.#readable(response), KNOWN);
    });
  }

  /** RFC 7009. False where the provider has no such endpoint, or did not answer. */
  async revoke(token: string): Promise<boolean> {
    try {
      const server = await this.#revoking();
      if (server.revocation_endpoint === undefined) return false;
      const response = await oauth.revocationRequest(server, this.#client(), this.#proof(), token, this.#options());
      await oauth.processRevocationResponse(response);
      return true;
    } catch {
      return false;
    }
  }

  /** The server with its revocation endpoint. Where the other addresses were given and it was not, it is looked up only now. */
  async #revoking(): Promise<oauth.AuthorizationServer> {
    const server = await this.#found();
    const { issuer } = this.#settings;
    if (server.revocation_endpoint !== undefined || !this.#isComplete || issuer === undefined) return server;
    return { ...(await this.#discovered(issuer)), ...server };
  }

  /** An id token says who signed in, which nobody here asks: without the provider's name it cannot even be checked. */
  async #readable(response: Response): Promise<Response> {
    const read = await refusedWithSuccess(response);
    return this.#settings.issuer === undefined ? withoutIdToken(read) : read;
  }

  async #ask(
    grant: (
      server: oauth.AuthorizationServer,
      client: oauth.Client,
      options: RequestOptions,
    ) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<TokenOutcome> {
    try {
      const { access_token, refresh_token, expires_in, scope } = await grant(
        await this.#found(),
        this.#client(),
        this.#options(),
      );
      return {
        ok: true,
        token: {
          access_token,
          ...(refresh_token === undefined ? {} : { refresh_token }),
          ...(expires_in === undefined ? {} : { expires_in }),
          ...(scope === undefined ? {} : { scope }),
        },
      };
    } catch (error) {
      return refusal(error);
    }
  }

  /** The provider's addresses: as given, else as it publishes them. */
  async #found(): Promise<oauth.AuthorizationServer> {
    this.#server ??= await this.#find();
    return this.#server;
  }

  async #find(): Promise<oauth.AuthorizationServer> {
    const { issuer, authorizationUrl, tokenUrl, revocationUrl } = this.#settings;
    const given = {
      ...(authorizationUrl === undefined ? {} : { authorization_endpoint: authorizationUrl }),
      ...(tokenUrl === undefined ? {} : { token_endpoint: tokenUrl }),
      ...(revocationUrl === undefined ? {} : { revocation_endpoint: revocationUrl }),
    };
    if (this.#isComplete || issuer === undefined) return { issuer: issuer ?? new URL(tokenUrl ?? "").origin, ...given };
    return { ...(await this.#discovered(issuer)), ...given };
  }

  /** Nothing needs to be looked up for a grant. */
  get #isComplete(): boolean {
    const { flow, authorizationUrl, tokenUrl } = this.#settings;
    return tokenUrl !== undefined && (authorizationUrl !== undefined || flow === "client_credentials");
  }

  async #discovered(issuer: string): Promise<oauth.AuthorizationServer> {
    const url = new URL(issuer);
    for (const algorithm of ["oidc", "oauth2"] as const) {
      const response = await oauth.discoveryRequest(url, { ...this.#options(), algorithm });
      if (response.status === 404 && algorithm === "oidc") continue;
      return oauth.processDiscoveryResponse(url, response);
    }
    throw new Error("the provider publishes no addresses");
  }

  #client(): oauth.Client {
    return { client_id: this.#settings.clientId };
  }

  #proof(): oauth.ClientAuth {
    const { clientAuth, clientSecret } = this.#settings;
    if (clientSecret === undefined || clientAuth === "none") return oauth.None();
    return clientAuth === "post" ? oauth.ClientSecretPost(clientSecret) : oauth.ClientSecretBasic(clientSecret);
  }

  #options(): RequestOptions {
    return optionsOf(this.#ports);
  }
}

type RequestOptions = ReturnType<typeof optionsOf>;

/** How oauth4webapi sends: by the egress rules, within a time. */
function optionsOf({ policy, fetch: send }: OAuthPorts) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return {
    signal,
    // Plain http is for the local providers of development; the egress rules say which.
    [oauth.allowInsecureRequests]: policy.developmentHosts !== undefined,
    [oauth.customFetch]: async (
      url: string,
      init: { method: string; headers: Record<string, string>; body?: BodyInit | null | undefined },
    ): Promise<Response> => {
      const { method, body } = init;
      const request = { url, method, headers: new Headers(init.headers), credentialHeaders: [], bodyIsSecret: true };
      const sent = body === undefined || body === null ? request : { ...request, body: String(body) };
      const outcome = await fetchChecked(sent, policy, signal, send);
      if (outcome.kind === "refused") throw new RefusedAddress(outcome.reason);
      if (outcome.kind === "unresolved") throw new Error(outcome.reason);
      if (outcome.kind === "too_many_redirects") throw new RefusedAddress("it redirects too often");
      const read = await readCapped(outcome.response, MOST_ANSWER_BYTES);
      if (!read.ok) throw new AnswerTooLarge("its answer is larger than 1 MiB");
      const { status, headers: answered } = outcome.response;
      const kept = new Headers(answered);
      // What was read is decoded already.
      for (const name of ["content-encoding", "content-length"]) kept.delete(name);
      return new Response(read.bytes.byteLength === 0 ? null : read.bytes, { status, headers: kept });
    },
  };
}

/** What Slack calls its tokens; they are sent as bearer tokens are. */
const KNOWN = { recognizedTokenTypes: { bot: () => undefined, user: () => undefined } };

/** The egress rules do not allow what the provider's address says. */
class RefusedAddress extends Error {}

class AnswerTooLarge extends Error {}

/** Codes after which asking again cannot help: those of RFC 6749, then Slack's and GitHub's. */
const LOST: ReadonlySet<string> = new Set([
  "invalid_grant",
  "invalid_client",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "access_denied",
  "invalid_refresh_token",
  "invalid_client_id",
  "bad_client_secret",
  "bad_refresh_token",
  "incorrect_client_credentials",
]);

/** The member that is missing or of a wrong kind, where the library names one; never what stands in it. */
function flaw({ message, code }: oauth.OperationProcessingError): string {
  const member = /^"response" body "([a-z_]{1,40})" property/.exec(message)?.[1];
  if (member !== undefined) return `it has no \`${member}\`, or not as OAuth has it`;
  return code ?? "it is malformed";
}

/** Only the provider's code is told on: what else it says may hold anything. */
function refusal(error: unknown): TokenOutcome {
  if (error instanceof RefusedAddress)
    return { ok: false, lost: false, message: `The request to the provider is not allowed: ${error.message}` };
  if (error instanceof AnswerTooLarge)
    return { ok: false, lost: false, message: `The provider's answer cannot be used: ${error.message}` };
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError) {
    const code = /^[a-z_]{1,40}$/.test(error.error) ? error.error : "an unknown error";
    return { ok: false, lost: LOST.has(error.error), message: `The provider refused with ${code}` };
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return { ok: false, lost: true, message: "The provider refused the client's id or secret" };
  if (error instanceof oauth.OperationProcessingError)
    return { ok: false, lost: false, message: `The provider's answer cannot be used: ${flaw(error)}` };
  if (error instanceof oauth.UnsupportedOperationError)
    return {
      ok: false,
      lost: false,
      message: "The provider's answer cannot be used: its token is of a kind that is not known here",
    };
  return { ok: false, lost: false, message: "The provider cannot be reached" };
}
