import { isObject, type Json, member } from "../../../engine/json.ts";
import { asText, lookUp, partsOf, RenderProblem, type RenderScope } from "./render.ts";

const PLACE = /\$\{\s*([^{}]*?)\s*\}|\{\{\s*([^{}]*?)\s*\}\}|\{([A-Za-z_][\w.-]*)\}/g;

/** Names of `{x}` path parameters. */
export function pathParameters(template: string): string[] {
  return [...template.matchAll(PLACE)].flatMap((match) => (match[3] === undefined ? [] : [match[3]]));
}

/** Names that a URL, or a part of one, is filled in by: of members of the input, of what stands in them, of env values. */
export function namesFilledIn(template: string): string[] {
  return [...template.matchAll(PLACE)].flatMap(([, dollar, braces, parameter]) =>
    parameter === undefined ? partsOf(dollar ?? braces ?? "").path : [parameter, ...partsOf(`input.${parameter}`).path],
  );
}

const INPUTS = "{}";
const AUTHORITY = /^https?:\/\/([^/?#\\]*)/i;
const DOMAIN = /^(?:\.[a-z0-9-]+){2,}(?::\d+)?$/i;

/**
 * Whether the template itself says where it leads: its origin, or at least the domain (`https://{shop}.example.com/…`). Then nothing
 * of a call's input leads it elsewhere. What the tenant has set (`env`, secrets, the connection) counts as said.
 */
export function originIsWritten(template: string): boolean {
  const marked = template.replaceAll(PLACE, (...match: unknown[]) => {
    const [dollar, braces] = match.slice(1, 3).map((part) => (typeof part === "string" ? part : undefined));
    const reference = dollar ?? braces;
    if (reference === undefined || partsOf(reference).root === "input") return INPUTS;
    return match[4] === 0 ? "https://own" : "own";
  });
  if (!marked.includes(INPUTS)) return true;
  const authority = AUTHORITY.exec(marked)?.[1];
  if (authority === undefined) return false;
  const last = authority.lastIndexOf(INPUTS);
  return last === -1 || DOMAIN.test(authority.slice(last + INPUTS.length));
}

/**
 * The URL of a request. What is put in is percent-encoded, so that it stays one path segment or one query value; only a
 * template that begins with a place takes that first value as it is, because it is the base. A relative URL stands below
 * the connection's base URL.
 */
export function renderUrl(template: string, base: string | undefined, scope: RenderScope): string {
  if (!template.includes("{")) return absolute(template, base);
  const query = template.indexOf("?");
  const rendered = template.replaceAll(PLACE, (...match: unknown[]) => {
    const [text, dollar, braces, parameter] = match
      .slice(0, 4)
      .map((part) => (typeof part === "string" ? part : undefined));
    const offset = Number(match[4]);
    const reference = dollar ?? braces ?? parameter ?? "";
    const value = parameter === undefined ? lookUp(reference, scope) : parameterOf(parameter, scope);
    const inQuery = query !== -1 && offset > query;
    if (!inQuery && (value === undefined || value === null || value === "")) {
      throw new RenderProblem(reference, `The URL needs ${reference || text}, which has no value`);
    }
    if (offset === 0 && template !== "") return asText(value);
    return inQuery ? encoded(asText(value)) : segment(reference, value);
  });
  return absolute(rendered, base);
}

function parameterOf(name: string, scope: RenderScope): Json | undefined {
  const { input } = scope;
  return isObject(input) ? (member(input, name) ?? lookUp(`input.${name}`, scope)) : undefined;
}

function segment(reference: string, value: Json | undefined): string {
  const text = asText(value);
  if (text === "." || text === "..")
    throw new RenderProblem(reference, `${reference} cannot be "${text}" in a URL's path`);
  return encoded(text);
}

function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
}

function absolute(rendered: string, base: string | undefined): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(rendered)) return rendered;
  if (rendered.startsWith("//"))
    throw new RenderProblem("url", "The URL must be absolute, or a path below the connection's base URL");
  if (base === undefined || base === "") {
    throw new RenderProblem("base_url", "The URL is relative and the connection has no base URL");
  }
  if (rendered === "") return base;
  const [path = "", ...search] = base.split("?");
  const joined = `${path.replace(/\/+$/, "")}${rendered.startsWith("?") ? "" : "/"}${rendered.replace(/^\/+/, "")}`;
  return search.length === 0 ? joined : `${joined}${joined.includes("?") ? "&" : "?"}${search.join("?")}`;
}
