import { nearestName } from "../source/nearest-name.ts";
import { pointerTo, type SourceNode } from "../source/tree.ts";
import { ALL_STEP_FIELDS } from "../steps/all-step-fields.ts";
import { BlockReader, type StepsReader, withoutUndefined } from "./block-reader.ts";
import type { ExpressionScope } from "./expression-use.ts";
import { isNull } from "./field-kinds.ts";
import type { ReadContext } from "./read-context.ts";
import { readStepCommon } from "./read-step-common.ts";
import type { StepDefinition, StepKind } from "./types.ts";

/** What `id` and `name` of a step must look like, so that `steps.<id>` can address it (section 1). */
export const STEP_ID = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_-]*$/;

/** The steps of a block, in order. Steps that cannot be typed are reported and left out. */
export const readSteps: StepsReader = (member, scope, context) => {
  const { node } = member;
  if (node.kind === "map") {
    context.refuse(member, `${member.entry.key} must be a list of steps: write "- " before each`);
    return [];
  }
  if (node.kind === "scalar") {
    if (node.value !== null) context.refuse(member, `${member.entry.key} must be a list of steps`);
    return [];
  }
  const steps: StepDefinition[] = [];
  for (const [index, item] of node.items.entries()) {
    const step = readStep(item, pointerTo(member.pointer, index), scope, context, index + 1);
    if (step !== undefined) steps.push(step);
  }
  return steps;
};

function readStep(
  node: SourceNode,
  pointer: string,
  outer: ExpressionScope,
  context: ReadContext,
  position: number,
): StepDefinition | undefined {
  if (node.kind !== "map") {
    context.refuse({ node, pointer }, "a step must be a map");
    return undefined;
  }
  const looped = node.entries.some((entry) => entry.key === "for_each" || entry.key === "forEach");
  const scope: ExpressionScope = { ...outer, loop: outer.loop || looped };
  const naming = new BlockReader(node, pointer, scope, context, readSteps);
  const id = readStepId(naming, position);
  const owner = id === "" ? `step ${position}` : `step "${id}"`;
  const inner = { ...scope, stepId: id };
  const block = new BlockReader(node, pointer, inner, context, readSteps, { ...inner, loop: outer.loop });
  const kind = kindOf(block, owner);
  if (kind === undefined) return undefined;
  const fields = ALL_STEP_FIELDS[kind];
  const own = fields.read(block, owner);
  const common = readStepCommon(block, id, fields.shape.fields, owner);
  block.finish(owner);
  return own === undefined ? undefined : withoutUndefined({ ...common, ...withoutUndefined(own) });
}

function readStepId(block: BlockReader, position: number): string {
  const key = block.has("id") ? "id" : "name";
  const member = block.member([key]);
  const id = block.name([key]);
  if (member === undefined || isNull(member)) {
    const message = `id is required in step ${position}: it is how other steps address it (name is accepted too)`;
    block.context.report(pointerTo(block.pointer, "id"), block.context.locate.node(block.node), message);
    return "";
  }
  if (id === undefined) return "";
  if (id.length > 100 || !STEP_ID.test(id)) {
    block.context.refuse(
      member,
      `"${id.slice(0, 100)}" is not a step id: letters, digits, _ and -, at most 100, not beginning with a digit`,
    );
    return "";
  }
  const first = block.context.steps.get(id);
  if (first === undefined) {
    block.context.steps.set(id, block.pointer);
    return id;
  }
  const { line } = block.context.locate.pointer(pointerTo(first, key));
  block.context.refuse(
    member,
    `the step id "${id}" is used twice: first at ${line === undefined ? first : `line ${line}`}`,
  );
  return id;
}

/**
 * What `type` says, or the keys of a step that gives none. A slip in `type` is reported and then read as what was meant, so that
 * the steps inside are not reported as missing too.
 */
function kindOf(block: BlockReader, owner: string): StepKind | undefined {
  const kinds = Object.values(ALL_STEP_FIELDS);
  const type = block.member(["type"]);
  if (type === undefined) {
    const parallel = block.node.entries.find((entry) => entry.key === "parallel")?.value;
    if (parallel?.kind === "list") return "parallel_list";
    return kinds.find((fields) => fields.tellingKeys.some((key) => block.has(key)))?.kind ?? "action";
  }
  const word = type.node.kind === "scalar" ? type.node.value : undefined;
  const found = kinds.find((fields) => fields.types.some((name) => name === word));
  if (found !== undefined) return found.kind;
  const names = kinds.flatMap((fields) => fields.types);
  const suggestion = typeof word === "string" ? nearestName(word, names) : undefined;
  const hint =
    suggestion === undefined
      ? `known are ${kinds.map((fields) => fields.types[0]).join(", ")}`
      : `did you mean "${suggestion}"?`;
  block.context.refuse(type, `${owner} has an unknown type; ${hint}`, suggestion);
  return kinds.find((fields) => fields.types.some((name) => name === suggestion))?.kind;
}
