import { HTTP_STATUS } from "../../../../contracts/errors.ts";
import { openLink } from "../../../services/connections/open-link.ts";
import { connectPage, escaped } from "../../connect-page.ts";
import type { OpenEndpoint } from "../../endpoint.ts";

/** Asks before anything happens: programs that look at links in messages must not use them up. */
export const openConnectLink: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/connect/{token}",
  tag: "connections",
  summary: "Open a connect link",
  description: "The page of a link that a workflow waits for, or that an API call made. It needs no key.",
  answers: { 200: { description: "An HTML page" }, 404: { description: "An HTML page: the link is not valid" } },
  async handle({ ports, request }) {
    const token = new URL(request.url).pathname.split("/").at(-1) ?? "";
    const opened = await openLink(ports, token, () => undefined);
    if (!opened.ok) return connectPage(HTTP_STATUS[opened.code], "Not possible", `<p>${escaped(opened.message)}</p>`);
    const { title, fields } = opened.value;
    const inputs = fields.map(
      ({ name, label, secret }) =>
        `<label>${escaped(label)}<input name="${name}" type="${secret ? "password" : "text"}" autocomplete="off" required></label>`,
    );
    return connectPage(
      200,
      `Connect ${title}`,
      `<form method="post">${inputs.join("")}<button>Connect</button></form>`,
    );
  },
};
