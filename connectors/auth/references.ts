import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { asText } from "../handlers/http/render.ts";

/*
 * What a connection's values may refer to (section 6): `${secrets.NAME}` and `${env.NAME}`, also as `{{ … }}`, alone or within a text.
 * Names alone: there is nothing to compute with, and no input.
 */

const REFERENCE = /\$\{\s*(secrets|env)\.([\w-]+)\s*\}|\{\{\s*(secrets|env)\.([\w-]+)\s*\}\}/g;
/** Looks like a reference and is none that can be read. */
const UNREADABLE = /\$\{\s*(?:secrets|env|inputs?)\b|\{\{[^}]*\b(?:secrets|env|inputs?)\./;

/** Names that a value refers to. */
export interface References {
  secrets: string[];
  env: string[];
  /** It refers to something that is not there for a connection, or computes with it. */
  unreadable: boolean;
}

/** What the texts of a value refer to, at any depth. */
export function referencesIn(value: Json): References {
  const texts = textsOf(value);
  const named = texts.flatMap((text) => [...text.matchAll(REFERENCE)].map((found) => nameOf(found.slice(1))));
  const of = (root: string) => [...new Set(named.flatMap((it) => (it.root === root ? [it.name] : [])))];
  const unreadable = texts.some((text) => UNREADABLE.test(text.replaceAll(REFERENCE, "")));
  return { secrets: of("secrets"), env: of("env"), unreadable };
}

/** The value with what it refers to in its place. What is put in is never looked at again. */
export function putReferences(
  value: JsonObject,
  secrets: Readonly<Record<string, string>>,
  env: Readonly<Record<string, Json>>,
): JsonObject {
  const put = (here: Json): Json => {
    if (typeof here === "string")
      return here.replaceAll(REFERENCE, (_, ...found: string[]) => {
        const { root, name } = nameOf(found.slice(0, 4));
        return root === "secrets" ? (secrets[name] ?? "") : asText(env[name]);
      });
    if (Array.isArray(here)) return here.map(put);
    return isObject(here) ? membersOf(here) : here;
  };
  const membersOf = (members: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(members).map(([name, item]) => [name, put(item)]));
  return membersOf(value);
}

function nameOf([dollarRoot, dollarName, bracesRoot, bracesName]: (string | undefined)[]): {
  root: string;
  name: string;
} {
  return { root: dollarRoot ?? bracesRoot ?? "", name: dollarName ?? bracesName ?? "" };
}

function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isObject(value) ? Object.values(value).flatMap(textsOf) : [];
}
