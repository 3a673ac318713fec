import { type Json, isObject, type JsonObject } from "../json.ts";
import { pointerTo, toJson } from "../source/tree.ts";
import { compileSchema } from "../schema/validate.ts";
import { JSON_SCHEMA_KEYWORDS } from "../schema/keywords.ts";
import { schemaProblems } from "../schema/schema-problems.ts";
import { type BlockReader, withoutUndefined } from "./block-reader.ts";
import type { InputDeclaration } from "./types.ts";

/** `inputs.<name>`: type, description, default, required, enum and any JSON Schema keyword (section 2). */
export function readInputs(workflow: BlockReader): Record<string, InputDeclaration> {
  const member = workflow.member(["inputs"]);
  const inputs: Record<string, InputDeclaration> = {};
  if (member === undefined || (member.node.kind === "scalar" && member.node.value === null)) return inputs;
  const block = workflow.inside(member);
  if (block === undefined) return inputs;
  for (const entry of block.node.entries) {
    const declared = block.member([entry.key]);
    const declaration = declared && block.inside(declared);
    if (declaration !== undefined) inputs[entry.key] = readDeclaration(declaration, `input "${entry.key}"`);
  }
  return inputs;
}

function readDeclaration(block: BlockReader, owner: string): InputDeclaration {
  const type = block.member(["type"]);
  const required = readRequired(block);
  const fallback = block.template(["default"], "default");
  const description = block.text(["description"]);
  block.accept(JSON_SCHEMA_KEYWORDS);
  block.finish(owner);
  const schema = schemaOf(block);
  checkSchema(block, schema, fallback, owner);
  return withoutUndefined({
    type: type?.node.kind === "scalar" && typeof type.node.value === "string" ? type.node.value : undefined,
    description,
    default: fallback,
    required,
    schema,
  });
}

/** A boolean says whether the input must be given; a list is JSON Schema's `required` of an object. */
function readRequired(block: BlockReader): boolean | undefined {
  const member = block.member(["required"]);
  return member?.node.kind === "list" ? undefined : block.boolean(["required"]);
}

function schemaOf(block: BlockReader): JsonObject {
  const schema: JsonObject = {};
  for (const entry of block.node.entries) {
    if (entry.key === "default" || entry.key === "description") continue;
    const value = toJson(entry.value);
    if (entry.key === "required" && !Array.isArray(value)) continue;
    if (entry.key === "type" && value === "any") continue;
    schema[entry.key] = value;
  }
  return schema;
}

function checkSchema(block: BlockReader, schema: JsonObject, fallback: Json | undefined, owner: string): void {
  const problems = schemaProblems(schema);
  for (const { path, message } of problems) {
    const pointer = block.pointer + path;
    block.context.report(pointer, block.context.locate.pointer(pointer), `${owner}: ${message}`);
  }
  if (problems.length > 0 || fallback === undefined || fallback === null || holdsTemplate(fallback)) return;
  const pointer = pointerTo(block.pointer, "default");
  for (const { path, message } of compileSchema(schema).validate(fallback)) {
    block.context.report(
      pointer + path,
      block.context.locate.pointer(pointer + path),
      `the default of ${owner} ${path === "" ? "" : `${path} `}${message}`,
    );
  }
}

/** True when a value has a text that may be a template, at any depth. */
export function holdsTemplate(value: Json): boolean {
  if (typeof value === "string") return /\{[{%#]/.test(value);
  if (Array.isArray(value)) return value.some(holdsTemplate);
  return isObject(value) && Object.values(value).some(holdsTemplate);
}
