import { secretNames } from "../engine/expressions/secrets.ts";
import type { Json } from "../engine/json.ts";
import type { PinnedHttpHandler } from "./handlers/http/pinned-handler.ts";
import { partsOf, referencesOf } from "./handlers/http/render.ts";

/** What a call must look up before it can be rendered. */
export interface Needs {
  /** Everything that may come from a secret: bare declared names may, too. */
  secrets: string[];
  /** Those without which the call cannot be made. */
  requiredSecrets: string[];
  env: string[];
}

/** The names that a handler's configuration and the marked secrets of the input refer to. */
export function needsOf(handler: PinnedHttpHandler, input: Json): Needs {
  const { url, method, headers, query, body, auth, bodyType, response } = handler;
  const references = [url, method, headers, query, body, auth, bodyType, response?.status]
    .flatMap(referencesOf)
    .map(partsOf);
  const named = (root: string) =>
    references.flatMap((part) => (part.root === root && part.path[0] !== undefined ? [part.path[0]] : []));
  const requiredSecrets = [...new Set([...named("secrets"), ...secretNames(input)])];
  const declared = named("declared");
  return {
    requiredSecrets,
    secrets: [...new Set([...requiredSecrets, ...declared])],
    env: [...new Set([...named("env"), ...declared])],
  };
}
