import type { Json, JsonObject } from "../json.ts";
import { type Code, literal } from "./code.ts";
import type { Compilation } from "./compilation.ts";
import { compileText } from "./compile-text.ts";
import { LIMITS } from "./limits.ts";
import type { Run } from "./run.ts";
import { plain } from "./values.ts";

/** Compiles a tree whose texts may be templates. Keys are never templates; what has none is taken as it is. */
export function compileTree(compilation: Compilation, value: Json, pointer: string, depth: number): Code {
  compilation.pointer = pointer;
  if (typeof value === "string") return compileText(compilation, value);
  if (value === null || typeof value !== "object") return literal(value);
  if (depth >= LIMITS.depth) {
    compilation.report({ offset: 0, length: 0, message: `The value is nested more than ${LIMITS.depth} levels deep` });
    return literal(null);
  }
  return Array.isArray(value) ? list(compilation, value, pointer, depth) : map(compilation, value, pointer, depth);
}

function list(compilation: Compilation, value: Json[], pointer: string, depth: number): Code {
  const items = value.map((item, index) => compileTree(compilation, item, `${pointer}/${index}`, depth + 1));
  if (items.every((item) => item.folded !== undefined)) return literal(items.map((item) => plain(item.folded?.value)));
  return { read: (run) => items.map((item) => piece(run, item)), constant: false, depth: 0 };
}

function map(compilation: Compilation, value: JsonObject, pointer: string, depth: number): Code {
  const members = Object.keys(value).map((key) => {
    const place = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const code = compileTree(compilation, value[key] ?? null, place, depth + 1);
    compilation.pointer = place;
    if (key === "__proto__" || key === "$secret")
      compilation.report({ offset: 0, length: 0, message: `A map cannot have a member named ${key}` });
    return { key, code };
  });
  const assemble = (each: (code: Code) => Json): JsonObject => {
    const assembled: JsonObject = {};
    for (const { key, code } of members) assembled[key] = each(code);
    return assembled;
  };
  if (members.every(({ code }) => code.folded !== undefined))
    return literal(assemble((code) => plain(code.folded?.value)));
  return { read: (run) => assemble((code) => piece(run, code)), constant: false, depth: 0 };
}

function piece(run: Run, code: Code): Json {
  return plain(code.read(run));
}
