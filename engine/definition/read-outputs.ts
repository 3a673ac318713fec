import type { BlockReader, Names } from "./block-reader.ts";
import { readWhole, type Shape } from "./field.ts";
import { accepted, custom, isNull, template, text } from "./field-kinds.ts";
import { shapeSchema } from "./shape-schema.ts";
import type { OutputDeclaration } from "./types.ts";

const DECLARATION = {
  fields: {
    value: template("The output: a template, or a structure of templates.", "output", { required: true }),
    description: text("What the output is."),
    type: accepted("What the value is; for readers only."),
  },
} satisfies Shape;

/** `outputs.<name>`: `{value, description}` or a bare template; a value may be a structure of templates (sections 2, 20). */
export const OUTPUTS_FIELD = custom(
  "What the workflow gives, by name: a template each, or `{value, description}`. Types survive.",
  {
    type: "object",
    additionalProperties: { if: { type: "object" }, then: shapeSchema(DECLARATION) },
  },
  readOutputs,
);

function readOutputs(workflow: BlockReader, names: Names): Record<string, OutputDeclaration> {
  const outputs: Record<string, OutputDeclaration> = {};
  const member = workflow.member(names);
  if (member === undefined || isNull(member)) return outputs;
  const block = workflow.inside(member);
  if (block === undefined) return outputs;
  for (const entry of block.node.entries) {
    const output = readOutput(block, entry.key);
    if (output !== undefined) outputs[entry.key] = output;
  }
  return outputs;
}

function readOutput(block: BlockReader, name: string): OutputDeclaration | undefined {
  const member = block.member([name]);
  if (member?.node.kind !== "map") {
    const value = block.template([name], "output");
    return value === undefined ? undefined : { value };
  }
  const declaration = block.inside(member);
  if (declaration === undefined) return undefined;
  const { value, description } = readWhole(declaration, DECLARATION, `output "${name}"`);
  if (value === undefined) return undefined;
  return description === undefined ? { value } : { value, description };
}
