import { isObject, type Json, member } from "../../../engine/json.ts";

/*
 * The templating of handler configuration (sections 7 and 20): `${input.x}`, `${env.X}`, `${secrets.X}`, `${connection.x}`
 * and bare `${X}` of `runtime.environment`; `{{ input.x }}` means the same. A text that is one expression keeps its type.
 * What is put in is never looked at again.
 */

/** What configuration may refer to. Everything is looked up before, so that rendering is a plain function. */
export interface RenderScope {
  input: Json;
  env: Readonly<Record<string, Json>>;
  secrets: Readonly<Record<string, string>>;
  /** Non-secret config of the connection. */
  connection: Json;
  /** Names that `runtime.environment` declares. */
  declared: ReadonlySet<string>;
}

/** A template that cannot be rendered with this input. */
export class RenderProblem extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.name = "RenderProblem";
    this.field = field;
  }
}

const EXPRESSION = /\$\{\s*([^{}]*?)\s*\}|\{\{\s*([^{}]*?)\s*\}\}/g;
const WHOLE = /^\s*(?:\$\{\s*([^{}]*?)\s*\}|\{\{\s*([^{}]*?)\s*\}\})\s*$/;
const ROOTS: readonly string[] = ["input", "inputs", "env", "secrets", "connection"];

/** Every reference a template makes, such as `input.repo` or `GITHUB_TOKEN`. */
export function referencesOf(template: Json | undefined): string[] {
  if (typeof template === "string")
    return [...template.matchAll(EXPRESSION)].map((match) => match[1] ?? match[2] ?? "");
  if (Array.isArray(template)) return template.flatMap(referencesOf);
  return isObject(template) ? Object.values(template).flatMap(referencesOf) : [];
}

/** The root and the path of a reference; a bare name has the root `declared`. */
export function partsOf(reference: string): { root: string; path: string[] } {
  const [first = "", ...path] = reference.replaceAll(/\[(\w+)\]/g, ".$1").split(".");
  if (ROOTS.includes(first) && path.length > 0) return { root: first === "inputs" ? "input" : first, path };
  return ROOTS.includes(first) && path.length === 0 && first !== "env" && first !== "secrets"
    ? { root: first === "inputs" ? "input" : first, path: [] }
    : { root: "declared", path: [first, ...path] };
}

/** The value of a reference; undefined when it is missing. Throws for a root that does not exist. */
export function lookUp(reference: string, scope: RenderScope): Json | undefined {
  const { root, path } = partsOf(reference);
  const [name = "", ...rest] = path;
  switch (root) {
    case "input":
      return within(scope.input, path);
    case "connection":
      return within(scope.connection, path);
    case "env":
      return within(member(scope.env, name), rest);
    case "secrets":
      return within(member(scope.secrets, name), rest);
    default:
      if (rest.length > 0 || !scope.declared.has(name)) {
        throw new RenderProblem(reference, `The connector refers to \${${reference}}, which it does not declare`);
      }
      return member(scope.secrets, name) ?? member(scope.env, name);
  }
}

function within(value: Json | undefined, path: string[]): Json | undefined {
  let here = value;
  for (const segment of path) {
    if (Array.isArray(here)) here = here[Number(segment)];
    else here = isObject(here ?? null) && isObject(here) ? member(here, segment) : undefined;
  }
  return here;
}

/** A template of any shape. Members whose template is one expression without a value are left out. */
export function render(template: Json, scope: RenderScope): Json | undefined {
  if (typeof template === "string") return renderText(template, scope);
  if (Array.isArray(template)) return template.map((item) => render(item, scope) ?? null);
  if (!isObject(template)) return template;
  const result: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(template)) {
    const value = render(item, scope);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

function renderText(template: string, scope: RenderScope): Json | undefined {
  if (!template.includes("{")) return template;
  const whole = WHOLE.exec(template);
  if (whole) return lookUp(whole[1] ?? whole[2] ?? "", scope);
  return template.replaceAll(EXPRESSION, (_, dollar?: string, braces?: string) =>
    asText(lookUp(dollar ?? braces ?? "", scope)),
  );
}

/** A value inside text: null and missing are empty, lists and maps are JSON. */
export function asText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
