import { setHeaders } from "../../../../connectors/handlers/http/direct-request.ts";
import type { PinnedHttpHandler } from "../../../../connectors/handlers/http/pinned-handler.ts";
import { render, type RenderScope } from "../../../../connectors/handlers/http/render.ts";
import { renderUrl } from "../../../../connectors/handlers/http/render-url.ts";
import { isObject, type JsonObject } from "../../../../engine/json.ts";

/** A pinned mcp handler as the preparation of calls knows handlers: the same templates in its url and headers. */
export function asHttpHandler(handler: JsonObject): PinnedHttpHandler {
  const { url, headers, environment } = handler;
  return {
    kind: "http",
    style: "direct",
    method: "POST",
    url: typeof url === "string" ? url : "",
    ...(headers === undefined ? {} : { headers }),
    // Made by `pinAction` of a manifest that was read and checked.
    ...(Array.isArray(environment)
      ? { environment: environment as unknown as PinnedHttpHandler["environment"] & object }
      : {}),
  };
}

/** Where a server is, and the headers that its handler gives it. Throws `RenderProblem` where the input does not suffice. */
export function serverOf(
  handler: PinnedHttpHandler,
  base: string | undefined,
  scope: RenderScope,
): { url: string; headers: Headers } {
  const headers = new Headers();
  const rendered = handler.headers === undefined ? {} : render(handler.headers, scope);
  setHeaders(headers, isObject(rendered) ? rendered : {}, "headers");
  return { url: renderUrl(handler.url, base, scope), headers };
}
