import type { StepDefinition } from "../definition/types.ts";
import type { Reference } from "../expressions/types.ts";
import { isObject, type Json, type JsonObject, member } from "../json.ts";
import { isGeneral, typesOfSchema } from "./json-types.ts";
import { ERROR_SCHEMA, memberSchemas, stepOutputSchema } from "./step-output-schema.ts";
import type { Outline } from "./outline.ts";

/** What is known of the value that a reference reads. */
export type Known =
  | { kind: "schema"; schema: JsonObject }
  /** The member at `path[index]` is never there; `names` are those that are. */
  | { kind: "missing"; index: number; names: readonly string[] };

const STEP_MEMBERS = ["output", "outputs", "status", "error"];

/** Follows a reference through what the definition declares and what actions and step kinds promise. Undefined: nothing is known. */
export function knownOf(outline: Outline, { root, path }: Pick<Reference, "root" | "path">): Known | undefined {
  if (root === "inputs") return inputSchema(outline, path);
  return root === "steps" ? stepSchema(outline, path) : undefined;
}

function inputSchema({ definition }: Outline, path: readonly string[]): Known | undefined {
  const [name = ""] = path;
  const declaration = Object.hasOwn(definition.inputs, name) ? definition.inputs[name] : undefined;
  return declaration && follow(declaration.schema, path, 1);
}

function stepSchema(outline: Outline, path: readonly string[]): Known | undefined {
  const [id, what] = path;
  const step = id === undefined ? undefined : outline.places.get(id)?.at(-1)?.step;
  if (step === undefined || what === undefined) return undefined;
  if (what === "status") return follow({ type: "string" }, path, 2);
  if (what === "error") return follow(ERROR_SCHEMA, path, 2);
  if (!STEP_MEMBERS.includes(what)) {
    const child = outline.places.get(what);
    if (child !== undefined && child.at(-2)?.step === step)
      return knownOf(outline, { root: "steps", path: path.slice(1) });
    return ownMember(outline, step, path);
  }
  const schema = stepOutputSchema(outline, step);
  if (schema === undefined) return undefined;
  const outputs = what === "outputs" ? member(memberSchemas(schema), "outputs") : undefined;
  return follow(isObject(outputs) ? outputs : schema, path, 2);
}

/** A logic step reads as its output, too (decision 0006). */
function ownMember(outline: Outline, step: StepDefinition, path: readonly string[]): Known | undefined {
  if (step.kind === "agent") return undefined;
  const schema = step.kind === "action" ? undefined : stepOutputSchema(outline, step);
  const found = schema && follow(schema, path, 1);
  return found?.kind === "schema" ? found : { kind: "missing", index: 1, names: STEP_MEMBERS };
}

function follow(start: JsonObject, path: readonly string[], from: number): Known | undefined {
  let schema: JsonObject = start;
  for (let index = from; index < path.length; index += 1) {
    const next = into(schema, path[index] ?? "");
    if (next === undefined) return undefined;
    if (next === "missing") return { kind: "missing", index, names: Object.keys(memberSchemas(schema)) };
    if (!isObject(next)) return undefined;
    schema = next;
  }
  return { kind: "schema", schema };
}

function into(schema: JsonObject, name: string): Json | "missing" | undefined {
  if (isGeneral(schema)) return undefined;
  const types = typesOfSchema(schema);
  if (/^-?\d+$/.test(name)) return types?.has("array") === true && types.size === 1 ? schema.items : undefined;
  if (types !== undefined && !types.has("object")) return "missing";
  const declared = member(memberSchemas(schema), name);
  if (declared !== undefined) return declared;
  return schema.additionalProperties === false ? "missing" : schema.additionalProperties;
}
