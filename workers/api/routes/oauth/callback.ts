import { HTTP_STATUS } from "../../../../contracts/errors.ts";
import { finishAuthorization } from "../../../services/connections/follow-link.ts";
import { connectPage, escaped } from "../../connect-page.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { SESSION_COOKIE } from "../../session-cookie.ts";

/** Where providers send the browser back. Its address, exactly, is the redirect URI of every authorization. */
export const oauthCallback: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/oauth/callback",
  tag: "connections",
  summary: "Come back from an OAuth provider",
  answers: { 200: { description: "An HTML page: connected" }, 403: { description: "An HTML page: refused, and why" } },
  async handle({ ports, request }) {
    const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/);
    const own = cookies.find((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`));
    const session = own?.slice(SESSION_COOKIE.length + 1) ?? null;
    const done = await finishAuthorization(ports, new URL(request.url).search.slice(1), session);
    if (!done.ok) return connectPage(HTTP_STATUS[done.code], "Not connected", `<p>${escaped(done.message)}</p>`);
    const gone = { "set-cookie": `${SESSION_COOKIE}=; Path=/oauth/callback; Max-Age=0; HttpOnly; SameSite=Lax` };
    return connectPage(200, "Connected", "<p>You can close this page.</p>", gone);
  },
};
