import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";

/* A certified OpenID provider (panva/node-oidc-provider) and an API that takes its tokens, on one local port. */

export interface OAuthProvider {
  /** `127.0.0.1:…`, for the table of development hosts. */
  address: string;
  /** Grants of tokens, by `grant_type`. */
  granted: Record<string, number>;
  /** Refused token requests. */
  refused: string[];
  /** Grants that ended, for a refresh token that was used twice, or a revocation. */
  revoked: number;
  /** How many calls the API answered, and how many it refused. */
  api: { ok: number; refused: number };
  provider: Provider;
  /** Tokens that were used with success. */
  seen: Set<string>;
  /** Every refresh token that it gave. */
  refreshTokens: string[];
  close(): Promise<void>;
}

export const ISSUER = "http://idp.test";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function startOAuthProvider(tokenLifeSeconds: number, redirectUri: string): Promise<OAuthProvider> {
  const configuration: Configuration = {
    // The second is what a tenant changes to.
    clients: ["app", "newer-app"].map((client_id) => ({
      client_id,
      client_secret: `${client_id}-s3cr3t-of-client`,
      redirect_uris: [redirectUri],
      application_type: "native",
      grant_types: ["authorization_code", "refresh_token", "client_credentials"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    })),
    scopes: ["openid", "offline_access"],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
    },
    ttl: {
      AccessToken: tokenLifeSeconds,
      ClientCredentials: tokenLifeSeconds,
      RefreshToken: 3_600,
      Grant: 3_600,
      Session: 3_600,
      Interaction: 600,
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  };
  const provider = new Provider(ISSUER, configuration);
  const state = {
    granted: {} as Record<string, number>,
    refused: [] as string[],
    revoked: 0,
    api: { ok: 0, refused: 0 },
    seen: new Set<string>(),
    refreshTokens: [] as string[],
  };
  // Its tokens are opaque: the id is the token.
  provider.on("refresh_token.saved", (token) => state.refreshTokens.push(String(token.jti)));
  provider.on("grant.success", (ctx) => {
    const kind = String(ctx.oidc.params?.grant_type);
    state.granted[kind] = (state.granted[kind] ?? 0) + 1;
  });
  provider.on("grant.error", (_ctx, error) => state.refused.push(error.message));
  provider.on("grant.revoked", () => {
    state.revoked += 1;
  });

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: "someone", clientId: String(params.client_id) });
    grant.addOIDCScope("openid offline_access");
    const grantId = await grant.save();
    const result = { login: { accountId: "someone" }, consent: { grantId } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  /** What a careless or hostile API does: everything that it was sent comes back, in several writings. */
  function echo(request: IncomingMessage, response: ServerResponse): void {
    const text = JSON.stringify({ url: request.url, headers: request.headers });
    const every = { text, base64: Buffer.from(text).toString("base64"), hex: Buffer.from(text).toString("hex") };
    response.writeHead(request.url?.includes("fail") ? 500 : 200, {
      "content-type": "application/json",
      "x-echo": encodeURIComponent(text).slice(0, 4_000),
    });
    response.end(
      JSON.stringify({
        ...every,
        values: Object.values(request.headers).map((value) => Buffer.from(String(value)).toString("base64url")),
      }),
    );
  }

  async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith("/api/echo")) return echo(request, response);
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
    state.api[found ? "ok" : "refused"] += 1;
    if (found) state.seen.add(token);
    response.writeHead(found ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(found ? { ok: true, echo: request.headers } : { error: "invalid_token" }));
  }

  const callback = provider.callback();
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    if (url.startsWith("/api/")) return void api(request, response);
    request.headers.host = "idp.test";
    if (url.startsWith("/interaction/")) return void interact(request, response);
    callback(request, response);
  });
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    provider,
    ...state,
    get granted() {
      return state.granted;
    },
    get revoked() {
      return state.revoked;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Follows redirects as a browser does, with its cookies, until one leads to `until` or there is a page. */
export function browser(address: string) {
  const jar = new Map<string, Map<string, string>>();
  return {
    async go(url: string, init: RequestInit = {}): Promise<{ status: number; url: string; text: string }> {
      let target = new URL(url);
      let request = init;
      for (let hop = 0; hop < 12; hop += 1) {
        const own = jar.get(target.host) ?? new Map<string, string>();
        jar.set(target.host, own);
        const dial =
          target.host === "idp.test" ? new URL(target.pathname + target.search, `http://${address}`) : target;
        const cookie = [...own].map(([name, value]) => `${name}=${value}`).join("; ");
        const response = await fetch(dial, {
          ...request,
          redirect: "manual",
          headers: { ...request.headers, ...(cookie ? { cookie } : {}) },
        });
        for (const line of response.headers.getSetCookie()) {
          const [pair = ""] = line.split(";");
          const at = pair.indexOf("=");
          own.set(pair.slice(0, at), pair.slice(at + 1));
        }
        const location = response.headers.get("location");
        if (location === null || response.status < 300 || response.status > 399)
          return { status: response.status, url: target.href, text: await response.text() };
        target = new URL(location, target);
        request = {};
        if (this.stopAt !== undefined && target.pathname === this.stopAt)
          return { status: response.status, url: target.href, text: "" };
      }
      throw new Error("too many redirects");
    },
    /** A path at which it stops instead of going there. */
    stopAt: undefined as string | undefined,
  };
}
