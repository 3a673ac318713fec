import type { BlockReader } from "../../definition/block-reader.ts";
import type { StepFields } from "../../definition/step-fields.ts";

type Join = "all" | "any" | { count: number };

/** `branches {name: steps}, join: all | any | {count: n}` (section 4); `count(n)` is accepted as text. */
export const parallelFields: StepFields<"parallel"> = {
  kind: "parallel",
  types: ["parallel"],
  tellingKeys: ["branches"],
  read(block, owner) {
    if (!block.has("branches")) block.missing("branches", `in ${owner}`);
    const branches = block.stepLists(["branches"]);
    const join = readJoin(block, Object.keys(branches ?? {}).length);
    return branches === undefined ? undefined : { kind: "parallel", branches, join };
  },
};

function readJoin(block: BlockReader, branches: number): Join {
  const member = block.member(["join"]);
  if (member === undefined) return "all";
  const { node } = member;
  if (node.kind === "scalar" && (node.value === "all" || node.value === "any")) return node.value;
  const count = node.kind === "map" ? node.entries.find((entry) => entry.key === "count")?.value : undefined;
  const text =
    node.kind === "scalar" && typeof node.value === "string"
      ? /^count\(\s*(\d+)\s*\)$/.exec(node.value)?.[1]
      : undefined;
  const wanted = count?.kind === "scalar" ? count.value : text === undefined ? undefined : Number(text);
  if (typeof wanted === "number" && Number.isInteger(wanted) && wanted >= 1) {
    if (wanted > branches) block.context.refuse(member, `join waits for ${wanted} branches, but there are ${branches}`);
    return { count: wanted };
  }
  block.context.refuse(member, "join must be all, any or {count: <whole number from 1>}");
  return "all";
}
