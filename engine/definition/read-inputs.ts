import { type Json, isObject, type JsonObject } from "../json.ts";
import { pointerTo, toJson } from "../source/tree.ts";
import { compileSchema } from "../schema/validate.ts";
import { JSON_SCHEMA_KEYWORDS } from "../schema/keywords.ts";
import { schemaProblems } from "../schema/schema-problems.ts";
import { type BlockReader, type Names, withoutUndefined } from "./block-reader.ts";
import { type FieldTable, readWhole, type Shape } from "./field.ts";
import { accepted, custom, isNull, template, text } from "./field-kinds.ts";
import { shapeSchema } from "./shape-schema.ts";
import type { InputDeclaration } from "./types.ts";

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];

const DECLARED = {
  type: accepted("What the value is; a list of types allows each of them.", {
    anyOf: [{ enum: [...TYPES, "any"] }, { type: "array", items: { enum: TYPES } }],
  }),
  description: text("What the input is for."),
  default: template("The value when none is given. May be a template.", "default"),
  required: custom(
    "Whether the input must be given; a list names the required members of an object.",
    { type: ["boolean", "array"], items: { type: "string" } },
    readRequired,
  ),
} satisfies FieldTable;

/** What the engine's own checker of schemas says about keywords in detail; an editor knows that they are keywords. */
const KEYWORDS: FieldTable = Object.fromEntries(
  JSON_SCHEMA_KEYWORDS.filter((keyword) => !Object.hasOwn(DECLARED, keyword)).map((keyword) => [
    keyword,
    accepted(`The keyword \`${keyword}\` of JSON Schema.`),
  ]),
);

const DECLARATION: Shape<typeof DECLARED> = { fields: { ...DECLARED, ...KEYWORDS } };

/** `inputs.<name>`: type, description, default, required, enum and any JSON Schema keyword (section 2). */
export const INPUTS_FIELD = custom(
  "What the workflow takes, by name. It is checked before an execution is created.",
  { type: "object", additionalProperties: shapeSchema(DECLARATION) },
  readInputs,
);

function readInputs(workflow: BlockReader, names: Names): Record<string, InputDeclaration> {
  const member = workflow.member(names);
  const inputs: Record<string, InputDeclaration> = {};
  if (member === undefined || isNull(member)) return inputs;
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
  const { description, default: fallback, required } = readWhole(block, DECLARATION, owner);
  const type = block.member(["type"]);
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
function readRequired(block: BlockReader, names: Names): boolean | undefined {
  const member = block.member(names);
  return member?.node.kind === "list" ? undefined : block.boolean(names);
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
