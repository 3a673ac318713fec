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
 * calls this, at the moment of the outgoing request (section 6). `lookup` gives a secret's text or throws. `revealed` is
 * told every value that came about on the way, so that all of them can be masked in what comes back.
 * Fails with ExpressionError when a recorded function refuses its arguments.
 */
export function revealSecrets(
  value: Json,
  lookup: (name: string) => string,
  revealed: (value: Json) => void = () => undefined,
): Json {
  if (!containsSecret(value)) return value;
  return reveal(value, { lookup, revealed, run: new Run(NO_SCOPE, 0, false) }, 0);
}

interface Revealing {
  lookup(name: string): string;
  revealed(value: Json): void;
  run: Run;
}

const NO_SCOPE = { root: () => undefined, now: 0, seed: "", strict: false };

function reveal(value: Json, revealing: Revealing, depth: number): Json {
  if (depth > WALKED_DEPTH) throw limitError("depth");
  if (Array.isArray(value)) return value.map((item) => reveal(item, revealing, depth + 1));
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, "$secret")) {
    const clear = revealOne(value.$secret, revealing, depth + 1);
    // Text around a secret is no secret: the parts of a concatenation have been told one by one.
    if (!isObject(value.$secret) || value.$secret.fn !== "concat") revealing.revealed(clear);
    return clear;
  }
  const open: JsonObject = {};
  for (const key of Object.keys(value)) open[key] = reveal(value[key] ?? null, revealing, depth + 1);
  return open;
}

function revealOne(secret: Json | undefined, revealing: Revealing, depth: number): Json {
  if (!isObject(secret)) throw new ExpressionError("A marked secret is malformed");
  const { name, fn, args } = secret;
  const { run } = revealing;
  if (typeof name === "string") return revealing.lookup(name);
  if (typeof fn !== "string" || !Array.isArray(args)) throw new ExpressionError("A marked secret is malformed");
  const values = args.map((arg) => reveal(arg, revealing, depth));
  if (fn === "concat") return run.produced(values.map((part) => textOf(part, run.textLeft)).join(""));
  const row = FUNCTIONS.get(fn);
  if (row === undefined) throw new ExpressionError("A marked secret names an unknown function");
  return row.apply(values, run);
}
