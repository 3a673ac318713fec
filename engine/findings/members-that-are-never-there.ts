import { nearestName } from "../source/nearest-name.ts";
import { type FindingRule, findingAtReference } from "./finding.ts";
import { knownOf } from "./reference-schema.ts";

/** A member that a declaration, an action's output schema or a step kind's output does not have: it reads as null. */
export const membersThatAreNeverThere: FindingRule = function* (subject) {
  for (const { use, reference } of subject.references) {
    const known = knownOf(subject, reference);
    if (known?.kind !== "missing") continue;
    const { index, names } = known;
    const missing = reference.path[index] ?? "";
    const owner = [reference.root, ...reference.path.slice(0, index)].join(".");
    const near = nearestName(missing, names);
    const suggestion =
      near === undefined && reference.root === "steps" && index === 1 ? `${owner}.output.${missing}` : near;
    const hint = names.length > 0 ? `; it has ${names.join(", ")}` : "";
    yield findingAtReference(subject, use, reference, {
      code: "unknown-member",
      severity: "warning",
      message: `${owner} has no member "${missing}", so this is null${hint}`,
      suggestion,
    });
  }
};
