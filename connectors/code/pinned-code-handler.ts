import { isObject, type JsonObject } from "../../engine/json.ts";
import type { CodeCallLimits } from "./call-limits.ts";
import type { CodeHandler, EnvironmentDeclaration } from "../manifest/manifest.ts";

/** A code handler as a plan pins it: the modules by digest, never their text. */
export interface PinnedCodeHandler extends CodeHandler {
  /** Of all modules of the connector: `modulesDigest`. */
  digest: string;
  /** Absent in plans that are older than it. */
  limits?: CodeCallLimits;
  environment?: EnvironmentDeclaration[];
  /** The connector's own base URL. */
  baseUrl?: string;
}

/** The code handler of a pinned action, which `pinAction` made of a manifest that was read; undefined for any other kind. */
export function codeHandlerOf(handler: JsonObject): PinnedCodeHandler | undefined {
  return isCodeHandler(handler) ? handler : undefined;
}

function isCodeHandler(handler: unknown): handler is PinnedCodeHandler {
  return (
    isObject(handler) &&
    handler.kind === "code" &&
    typeof handler.module === "string" &&
    typeof handler.digest === "string"
  );
}
