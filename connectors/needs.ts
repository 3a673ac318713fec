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
  /** It refers to the connection. */
  connection: boolean;
}

/** The names that a handler's configuration and the marked secrets of the input refer to. */
export function needsWith(handler: PinnedHttpHandler, input: Json): Needs {
  const own = needsOf(handler);
  const marked = secretNames(input);
  return {
    ...own,
    requiredSecrets: [...new Set([...own.requiredSecrets, ...marked])],
    secrets: [...new Set([...own.secrets, ...marked])],
  };
}

const needs = new WeakMap<PinnedHttpHandler, Needs>();

/** The names that a handler's configuration refers to: read once for as long as the handler is the same object. */
export function needsOf(handler: PinnedHttpHandler): Needs {
  const known = needs.get(handler);
  if (known !== undefined) return known;
  const made = readNeeds(handler);
  needs.set(handler, made);
  return made;
}

function readNeeds(handler: PinnedHttpHandler): Needs {
  const { url, method, headers, query, body, auth, bodyType, response } = handler;
  const templates = [url, method, headers, query, body, auth, bodyType, response?.status];
  const references = templates.flatMap(referencesOf).map(partsOf);
  const named = (root: string) =>
    references.flatMap((part) => (part.root === root && part.path[0] !== undefined ? [part.path[0]] : []));
  const requiredSecrets = [...new Set(named("secrets"))];
  const declared = named("declared");
  const saysOf = (name: string) => handler.environment?.find((it) => it.name === name)?.secret;
  return {
    requiredSecrets,
    secrets: [...new Set([...requiredSecrets, ...declared.filter((name) => saysOf(name) !== false)])],
    env: [...new Set([...named("env"), ...declared.filter((name) => saysOf(name) !== true)])],
    connection: references.some(({ root }) => root === "connection"),
  };
}
