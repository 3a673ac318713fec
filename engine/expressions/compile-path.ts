import type { Expression, PathKey } from "./ast.ts";
import { type Code, literal, type Reader } from "./code.ts";
import type { Compilation } from "./compilation.ts";
import { ExpressionError } from "./expression-error.ts";
import { FUNCTIONS } from "./functions/all-functions.ts";
import { isoDate } from "./functions/dates.ts";
import { asKey, memberOf } from "./member.ts";
import type { Read, Run } from "./run.ts";

/** A key of a path: fixed, or the code that computes it. */
export type Key = string | number | Code;

const RECORDED: Record<string, Reader> = {
  now: (run) => isoDate(run.scope.now),
  today: (run) => isoDate(run.scope.now).slice(0, 10),
};

/** A bare name, or a path that starts from one: a local, something recorded, or a root of the scope. */
export function compileName(
  compilation: Compilation,
  name: string,
  offset: number,
  keys: readonly Key[],
  lenient: boolean,
): Code {
  const slot = compilation.bindings.find(name);
  if (slot !== undefined) {
    const local: Code = { read: (run) => run.locals[slot], constant: false, depth: compilation.bindings.depth(slot) };
    return readPath(local, keys, name, lenient);
  }
  if (!compilation.isRoot(name)) {
    compilation.unknown(name, offset, unknownRoot(compilation, name, offset), compilation.rootNames());
    return literal(null);
  }
  const recorded = Object.hasOwn(RECORDED, name) ? RECORDED[name] : undefined;
  if (recorded !== undefined) {
    compilation.impure = true;
    return readPath({ read: recorded, constant: false, depth: 0 }, keys, name, lenient);
  }
  compilation.refer(name, fixedPrefix(keys), offset);
  return readPath({ read: (run) => run.scope.root(name), constant: false, depth: 0 }, keys, name, lenient);
}

function unknownRoot(compilation: Compilation, name: string, offset: number): string {
  if (FUNCTIONS.has(name)) return `\`${name}\` is a function: write \`${name}(…)\` or \`… | ${name}\``;
  const hyphen = compilation.source[offset - 1] === "-" && /[\w\])]/.test(compilation.source[offset - 2] ?? "");
  return `\`${name}\` is not known here${hyphen ? "; a name with a hyphen is read as `['a-name']`" : ""}`;
}

/** The leading keys that are written out: what can be known of a reference before it is evaluated. */
function fixedPrefix(keys: readonly Key[]): string[] {
  const end = keys.findIndex((key) => typeof key === "object");
  return (end < 0 ? keys : keys.slice(0, end)).map(String);
}

/** The keys of a path; computed ones that came out constant are fixed. */
export function keysOf(keys: readonly PathKey[], compile: (node: Expression) => Code): Key[] {
  return keys.map((key) => {
    if ("fixed" in key) return key.fixed;
    const code = compile(key.computed);
    const value = code.folded?.value;
    return typeof value === "string" || typeof value === "number" ? value : code;
  });
}

/** Reads members one after the other. What is missing is undefined, or under strict, unless `lenient`, an error that names it. */
export function readPath(base: Code, keys: readonly Key[], name: string, lenient: boolean): Code {
  if (keys.length === 0) return { read: counted(base.read), constant: base.constant, depth: base.depth };
  const { read } = base;
  const fixed = keys.filter((key) => typeof key !== "object");
  const missing = (run: Run, at: number): undefined => {
    if (!run.scope.strict || lenient) return undefined;
    const member = described(name, keys.slice(0, at + 1));
    throw new ExpressionError(`${member} is missing`, { member });
  };
  if (fixed.length < keys.length) {
    const codes = keys.filter((key) => typeof key === "object");
    const constant = base.constant && codes.every((code) => code.constant);
    return { read: (run) => walk(run, read(run), keys, missing), constant, depth: base.depth };
  }
  const reader = (run: Run): Read => {
    run.spend(fixed.length + 1);
    let found = read(run);
    for (let i = 0; i < fixed.length; i += 1) {
      if (typeof found === "string") run.spend(found.length >> 6);
      found = memberOf(found, fixed[i] ?? "");
      if (found === undefined) return missing(run, i);
    }
    return found;
  };
  return { read: reader, constant: base.constant, depth: base.depth };
}

function walk(run: Run, start: Read, keys: readonly Key[], missing: (run: Run, at: number) => undefined): Read {
  let found = start;
  run.spend(keys.length + 1);
  for (const [at, key] of keys.entries()) {
    const name = typeof key === "object" ? asKey(key.read(run)) : key;
    if (typeof found === "string") run.spend(found.length >> 6);
    found = memberOf(found, name);
    if (found === undefined) return missing(run, at);
  }
  return found;
}

function counted(read: Reader): Reader {
  return (run) => {
    run.spend(1);
    return read(run);
  };
}

function described(name: string, keys: readonly Key[]): string {
  return keys.reduce<string>((text, key) => {
    if (typeof key === "object") return `${text}[…]`;
    return typeof key === "string" && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(key)
      ? `${text}.${key}`
      : `${text}[${JSON.stringify(key)}]`;
  }, name);
}
