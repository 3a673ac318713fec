import { HTTP_STATUS } from "../../../../contracts/errors.ts";
import { readCapped } from "../../../services/requests/read-capped.ts";
import { followLink } from "../../../services/connections/follow-link.ts";
import { connectPage, escaped } from "../../connect-page.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { SESSION_COOKIE } from "../../session-cookie.ts";

const MOST_BYTES = 65_536;

export const followConnectLink: OpenEndpoint = {
  open: true,
  method: "post",
  path: "/connect/{token}",
  tag: "connections",
  summary: "Follow a connect link",
  description: "Leads to the provider of an OAuth connection, else keeps what was filled in.",
  answers: {
    200: { description: "An HTML page: connected" },
    303: { description: "To the provider" },
    404: { description: "An HTML page: the link is not valid" },
    413: { description: "An HTML page: what was filled in is too much" },
  },
  async handle({ ports, request }) {
    const url = new URL(request.url);
    const followed = await followLink(ports, url.pathname.split("/").at(-1) ?? "", () => formOf(request));
    if (!followed.ok)
      return connectPage(HTTP_STATUS[followed.code], "Not possible", `<p>${escaped(followed.message)}</p>`);
    if (followed.value.kind === "connected") return connectPage(200, "Connected", "<p>You can close this page.</p>");
    const { session, location } = followed.value;
    const secure = ports.deployment === "development" ? "" : "; Secure";
    // Lax: the provider sends the browser back from another site, by a link.
    const cookie = `${SESSION_COOKIE}=${session}; Path=/oauth/callback; Max-Age=600; HttpOnly; SameSite=Lax${secure}`;
    return new Response(null, {
      status: 303,
      headers: { location, "set-cookie": cookie, "cache-control": "no-store", "referrer-policy": "no-referrer" },
    });
  },
};

/** Null where it is more than a person fills in. */
async function formOf(request: Request): Promise<Record<string, string> | null> {
  const bytes = await readCapped(request, MOST_BYTES);
  return bytes && Object.fromEntries(new URLSearchParams(new TextDecoder().decode(bytes)));
}
