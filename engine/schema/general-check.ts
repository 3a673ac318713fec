import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import type { Json, JsonObject } from "../json.ts";
import { NATIVE_TEXT_LENGTH } from "./pattern.ts";
import type { Check } from "./plain-checks.ts";
import type { SchemaProblem } from "./problem.ts";

/** Units that only say "something inside does not fit"; the inner unit says what. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "properties",
  "additionalProperties",
  "patternProperties",
  "unevaluatedProperties",
  "items",
  "prefixItems",
  "additionalItems",
  "unevaluatedItems",
  "$ref",
  "allOf",
  "if",
  "dependentSchemas",
  "dependencies",
]);

/** Units whose inner ones are alternatives that did not fit: the outer one is the message. */
const ALTERNATIVES: ReadonlySet<string> = new Set(["anyOf", "oneOf", "not", "contains", "propertyNames"]);

/** A schema that uses the whole of JSON Schema 2020-12, by @cfworker/json-schema, with our messages. */
export function generalCheck(schema: JsonObject): Check {
  const validator = new Validator(asSchema(schema), "2020-12", false);
  const usesPatterns = JSON.stringify(schema).includes('"pattern');
  return (value, path, problems) => {
    if (usesPatterns && hasLongText(value)) {
      problems.push({
        path,
        message: `holds text of more than ${NATIVE_TEXT_LENGTH} characters, too long to be checked against a pattern here`,
      });
      return;
    }
    for (const problem of outcome(validator, value)) problems.push({ ...problem, path: path + problem.path });
  };
}

function hasLongText(value: Json): boolean {
  if (typeof value === "string") return value.length > NATIVE_TEXT_LENGTH;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]) => key.length > NATIVE_TEXT_LENGTH || hasLongText(member));
}

/** A JSON object read as a schema: the library only reads it, and ignores what it does not know. */
function asSchema(schema: JsonObject): Schema {
  return { ...schema };
}

function outcome(validator: Validator, value: unknown): SchemaProblem[] {
  try {
    const { valid, errors } = validator.validate(value);
    if (valid) return [];
    const problems = withoutEchoes(leaves(errors).map(problemOf));
    return problems.length > 0 ? problems : [{ path: "", message: "does not fit its schema" }];
  } catch {
    return [
      {
        path: "",
        message: "cannot be checked: its schema refers to itself without end, or to something that is not there",
      },
    ];
  }
}

/** The library counts a member that failed as unevaluated and refuses it a second time: one complaint is enough. */
function withoutEchoes(problems: readonly SchemaProblem[]): SchemaProblem[] {
  const refused = MESSAGES.false;
  return problems.filter(
    ({ path, message }) =>
      message !== refused ||
      !problems.some((other) => other.message !== refused && `${other.path}/`.startsWith(`${path}/`)),
  );
}

function leaves(errors: readonly OutputUnit[]): OutputUnit[] {
  const covered: string[] = [];
  const kept: OutputUnit[] = [];
  for (const error of errors) {
    const at = `${error.instanceLocation} ${error.keywordLocation}/`;
    if (WRAPPERS.has(error.keyword) || covered.some((prefix) => isInside(prefix, error))) continue;
    if (ALTERNATIVES.has(error.keyword)) covered.push(at);
    kept.push(error);
  }
  return kept;
}

function isInside(prefix: string, error: OutputUnit): boolean {
  const [instance = "", keyword = ""] = prefix.split(" ");
  return error.instanceLocation.startsWith(instance) && error.keywordLocation.startsWith(keyword);
}

function problemOf(error: OutputUnit): SchemaProblem {
  const path = decodeURI(error.instanceLocation.replace(/^#/, ""));
  const type = /^Instance type "(.*)" is invalid\. Expected "(.*)"\.$/.exec(error.error);
  if (type) return { path, message: `must be ${(type[2] ?? "").replaceAll('", "', " or ")}, got ${type[1]}` };
  const required = /^Instance does not have required property "(.*)"\.$/.exec(error.error);
  if (required?.[1] !== undefined)
    return {
      path: `${path}/${required[1].replaceAll("~", "~0").replaceAll("/", "~1")}`,
      message: `${required[1]} is required`,
    };
  const choices = /^Instance does not match any of \[(.*)\]\.$/s.exec(error.error);
  if (choices) return { path, message: `must be one of ${choices[1]}` };
  return { path, message: MESSAGES[error.keyword] ?? error.error.replace(/\.$/, "") };
}

const MESSAGES: Readonly<Record<string, string>> = {
  false: "is not allowed",
  anyOf: "must fit one of the allowed forms",
  oneOf: "must fit exactly one of the allowed forms",
  not: "must not have this form",
};
