import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * The token endpoints of Slack (oauth.v2.access) and GitHub (login/oauth/access_token) as their documentation has them: both refuse with
 * status 200, Slack names its tokens `bot`, GitHub writes JSON only for who asks for it. Both rotate refresh tokens.
 */

const APP = { id: "app-id", secret: "app-secret" };

interface Answer {
  body: object;
  /** Slack says the charset. */
  type: string;
}

export async function startSlackAndGithub() {
  const asked: string[] = [];
  /** Refresh tokens that are good, once each. */
  const good = { slack: new Set<string>(), github: new Set<string>() };
  let given = 0;

  function granted(to: "slack" | "github", prefix: string): string {
    given += 1;
    const token = `${prefix}-${given}`;
    good[to].add(token);
    return token;
  }

  function slack(form: URLSearchParams): Answer {
    const type = "application/json; charset=utf-8";
    const refused = (error: string) => ({ body: { ok: false, error }, type });
    const [id, secret] = [form.get("client_id"), form.get("client_secret")];
    if (id !== APP.id) return refused("invalid_client_id");
    if (secret !== APP.secret) return refused("bad_client_secret");
    const refresh = form.get("refresh_token");
    if (form.get("grant_type") === "refresh_token") {
      if (!good.slack.delete(refresh ?? "")) return refused("invalid_refresh_token");
    } else if (form.get("code") !== "good-code") return refused("invalid_code");
    const body = {
      ok: true,
      access_token: `xoxe.xoxb-1-${given}`,
      token_type: "bot",
      scope: "chat:write,channels:read",
      bot_user_id: "U0KRQLJ9H",
      app_id: "A0KRD7HC3",
      expires_in: 43_200,
      refresh_token: granted("slack", "xoxe-1"),
      team: { name: "Team", id: "T9TK3CUKW" },
      enterprise: null,
      authed_user: { id: "U1234" },
      is_enterprise_install: false,
    };
    return { body, type };
  }

  function github(form: URLSearchParams): Answer {
    const type = "application/json; charset=utf-8";
    const refused = (error: string) => ({
      body: { error, error_description: "What went wrong.", error_uri: "https://docs.github.com/apps" },
      type,
    });
    if (form.get("client_id") !== APP.id || form.get("client_secret") !== APP.secret)
      return refused("incorrect_client_credentials");
    if (form.get("grant_type") === "refresh_token") {
      if (!good.github.delete(form.get("refresh_token") ?? "")) return refused("bad_refresh_token");
    } else if (form.get("code") !== "good-code") return refused("bad_verification_code");
    const body = {
      access_token: `ghu_${given}`,
      expires_in: 28_800,
      refresh_token: granted("github", "ghr"),
      refresh_token_expires_in: 15_897_600,
      scope: "",
      token_type: "bearer",
    };
    return { body, type };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    asked.push(`${request.url} ${form.get("grant_type")}`);
    const isSlack = request.url === "/api/oauth.v2.access";
    const { body, type } = isSlack ? slack(form) : github(form);
    const isJson = isSlack || String(request.headers.accept).includes("application/json");
    response.writeHead(200, { "content-type": isJson ? type : "application/x-www-form-urlencoded" });
    const members = Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]);
    response.end(isJson ? JSON.stringify(body) : new URLSearchParams(members).toString());
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    asked,
    client: APP,
    /** As after a removal of the app: no refresh token is good any more. */
    uninstall: () => {
      good.slack.clear();
      good.github.clear();
    },
    close: () => server.close(),
  };
}
