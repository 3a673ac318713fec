import { isObject, type JsonObject } from "../../../engine/json.ts";
import type { EnvironmentDeclaration, HttpHandler } from "../../manifest/manifest.ts";

export interface PinnedHttpHandler extends HttpHandler {
  environment?: EnvironmentDeclaration[];
  /** The connector's own base URL. */
  baseUrl?: string;
}

/**
 * The http handler of a pinned action. Pins are made by `pinAction` alone, from a manifest that was read and checked, so
 * the members have their types; undefined for any other kind.
 */
export function httpHandlerOf(handler: JsonObject): PinnedHttpHandler | undefined {
  return isHttpHandler(handler) ? handler : undefined;
}

function isHttpHandler(handler: unknown): handler is PinnedHttpHandler {
  return (
    isObject(handler) &&
    handler.kind === "http" &&
    (handler.style === "service" || handler.style === "direct") &&
    typeof handler.method === "string" &&
    typeof handler.url === "string"
  );
}
