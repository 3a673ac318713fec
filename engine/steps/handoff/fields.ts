import type { BlockReader } from "../../definition/block-reader.ts";
import type { StepFields } from "../../definition/step-fields.ts";
import type { Json } from "../../json.ts";
import type { SourceNode } from "../../source/tree.ts";

/** `agent` or `selectAgent [{condition, agent} …, {default}]`, `reason, context, resumeAfter` (section 4). */
export const handoffFields: StepFields<"handoff"> = {
  kind: "handoff",
  types: ["handoff"],
  tellingKeys: ["selectAgent", "select_agent"],
  read(block, owner) {
    const agent = block.template(["agent"], "logic");
    const list = block.member(["selectAgent", "select_agent"]);
    const selectAgent = list && block.items(list, (node, pointer) => readChoice(block, node, pointer, owner));
    if (agent === undefined && selectAgent === undefined) block.missing("agent", `in ${owner}, or selectAgent`);
    return {
      kind: "handoff",
      agent,
      selectAgent,
      reason: block.template(["reason"], "logic"),
      context: block.template(["context"], "logic"),
      resumeAfter: block.boolean(["resumeAfter", "resume_after"]),
    };
  },
};

function readChoice(block: BlockReader, node: SourceNode, pointer: string, owner: string): Json | undefined {
  const choice = block.inside({ entry: { key: "each entry of selectAgent", value: node }, node, pointer });
  if (choice === undefined) return undefined;
  const condition = choice.condition(["condition"], "logic");
  const agent = choice.json(["agent"]);
  const fallback = choice.json(["default"]);
  if (fallback === undefined && condition === undefined) choice.missing("condition", `in selectAgent of ${owner}`);
  if (fallback === undefined && agent === undefined) choice.missing("agent", `in selectAgent of ${owner}`);
  choice.finish(`selectAgent of ${owner}`);
  if (fallback !== undefined) return { default: fallback };
  return condition === undefined || agent === undefined ? undefined : { condition, agent };
}
