import type { BlockReader } from "./block-reader.ts";
import type { OutputDeclaration } from "./types.ts";

/** `outputs.<name>`: `{value, description}` or a bare template; a value may be a structure of templates (sections 2, 20). */
export function readOutputs(workflow: BlockReader): Record<string, OutputDeclaration> {
  const outputs: Record<string, OutputDeclaration> = {};
  const member = workflow.member(["outputs"]);
  if (member === undefined || (member.node.kind === "scalar" && member.node.value === null)) return outputs;
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
  const value = declaration?.template(["value"], "output");
  const description = declaration?.text(["description"]);
  declaration?.accept(["type"]);
  if (value === undefined) declaration?.missing("value", `in output "${name}"`);
  declaration?.finish(`output "${name}"`);
  if (value === undefined) return undefined;
  return description === undefined ? { value } : { value, description };
}
