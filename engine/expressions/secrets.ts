import { isObject, type Json, type JsonObject } from "../json.ts";
import { ExpressionError } from "./expression-error.ts";
import { FUNCTIONS } from "./functions/all-functions.ts";
import { limitError, WALKED_DEPTH } from "./limits.ts";
import { Run } from "./run.ts";
import { walkSecrets } from "./walk-secrets.ts";
import { textOf } from "./values.ts";

/** True when a secret stands anywhere in the value. Edges use it to refuse outside data that poses as one. */
export function containsSecret(value: Json): boolean {
  return walkSecrets(value, () => true);
}

/** The names of all secrets inside a value, each once, in order of appearance. */
export function secretNames(value: Json): string[] {
  const names = new Set<string>();
  walkSecrets(value, ({ $secret }) => {
    if (typeof $secret.name === "string") names.add($secret.name);
    else if (Array.isArray($secret.args)) for (const name of secretNames($secret.args)) names.add(name);
    return false;
  });
  return [...names];
}

/**
 * Replaces every marked secret by its real value, applying the functions that were recorded around it. Only a plugin Worker
 * calls this, at the moment of the outgoing request (section 6). `lookup` gives a secret's text or throws.
 * Fails with ExpressionError when a recorded function refuses its arguments.
 */
export function revealSecrets(value: Json, lookup: (name: string) => string): Json {
  return containsSecret(value) ? reveal(value, lookup, new Run(NO_SCOPE, 0, false), 0) : value;
}

const NO_SCOPE = { root: () => undefined, now: 0, seed: "", strict: false };

function reveal(value: Json, lookup: (name: string) => string, run: Run, depth: number): Json {
  if (depth > WALKED_DEPTH) throw limitError("depth");
  if (Array.isArray(value)) return value.map((item) => reveal(item, lookup, run, depth + 1));
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, "$secret")) return revealOne(value.$secret, lookup, run, depth + 1);
  const revealed: JsonObject = {};
  for (const key of Object.keys(value)) revealed[key] = reveal(value[key] ?? null, lookup, run, depth + 1);
  return revealed;
}

function revealOne(secret: Json | undefined, lookup: (name: string) => string, run: Run, depth: number): Json {
  if (!isObject(secret)) throw new ExpressionError("A marked secret is malformed");
  const { name, fn, args } = secret;
  if (typeof name === "string") return lookup(name);
  if (typeof fn !== "string" || !Array.isArray(args)) throw new ExpressionError("A marked secret is malformed");
  const values = args.map((arg) => reveal(arg, lookup, run, depth));
  if (fn === "concat") return run.produced(values.map((part) => textOf(part, run.textLeft)).join(""));
  const row = FUNCTIONS.get(fn);
  if (row === undefined) throw new ExpressionError("A marked secret names an unknown function");
  return row.apply(values, run);
}
