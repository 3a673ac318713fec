import type { OpenEndpoint } from "../../endpoint.ts";
import { documentationPage } from "../../documentation-page.ts";

export const docs: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/docs",
  tag: "platform",
  summary: "This description, to read",
  answers: { 200: { description: "An HTML page" } },
  async handle(request) {
    const { html, contentSecurityPolicy } = documentationPage(request.openApi());
    return new Response(html, {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": contentSecurityPolicy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "public, max-age=60",
      },
    });
  },
};
