import type { BlockReader, Names } from "../../definition/block-reader.ts";
import { custom, stepLists } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

type Join = "all" | "any" | { count: number };

/** `branches {name: steps}, join: all | any | {count: n}` (section 4); `count(n)` is accepted as text. */
export const parallelFields = stepFields({
  kind: "parallel",
  about: "Runs branches at once; the output is `{branches, completedCount, errorCount, joinStrategy}`.",
  types: ["parallel"],
  tellingKeys: ["branches"],
  fields: {
    branches: stepLists("The branches by name, each a list of steps that run one after the other.", {
      required: true,
    }),
    join: custom(
      "When it is done: all branches (default), any one, or {count: n} of them have succeeded. What a join no longer needs is cancelled.",
      {
        anyOf: [
          { enum: ["all", "any"] },
          { type: "string", pattern: "^count\\(\\s*0*[1-9]\\d*\\s*\\)$" },
          { type: "object", properties: { count: { type: "integer", minimum: 1 } }, required: ["count"] },
        ],
      },
      readJoin,
      { nullIsAbsent: false },
    ),
  },
  define({ branches, join = "all" }, places) {
    const count = Object.keys(branches ?? {}).length;
    if (typeof join === "object" && join.count > count)
      places.refuse("join", `join waits for ${join.count} branches, but there are ${count}`);
    return branches === undefined ? undefined : { kind: "parallel", branches, join };
  },
});

function readJoin(block: BlockReader, names: Names): Join | undefined {
  const member = block.member(names);
  if (member === undefined) return undefined;
  const { node } = member;
  if (node.kind === "scalar" && (node.value === "all" || node.value === "any")) return node.value;
  const count = node.kind === "map" ? node.entries.find((entry) => entry.key === "count")?.value : undefined;
  const text =
    node.kind === "scalar" && typeof node.value === "string"
      ? /^count\(\s*(\d+)\s*\)$/.exec(node.value)?.[1]
      : undefined;
  const wanted = count?.kind === "scalar" ? count.value : text === undefined ? undefined : Number(text);
  if (typeof wanted === "number" && Number.isInteger(wanted) && wanted >= 1) return { count: wanted };
  block.context.refuse(member, "join must be all, any or {count: <whole number from 1>}");
  return undefined;
}
