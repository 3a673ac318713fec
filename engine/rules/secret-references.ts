import type { ReadWorkflow } from "../definition/read-workflows.ts";
import type { Problem } from "../source/problem.ts";
import { pointerSegments } from "../source/tree.ts";
import { atReference } from "./rule.ts";

/** A secret that a step's input names. */
export interface SecretReference {
  /** JSON pointer inside the input: "/headers/Authorization". */
  member: string;
  /** The secret's name; undefined when it is computed. */
  name?: string;
  problem: (message: string) => Problem;
}

const INPUT_NAMES = ["input", "with", "inputs"];

/** The secrets that the input of a step refers to, and where. */
export function secretReferences(workflow: ReadWorkflow, stepId: string): SecretReference[] {
  const pointer = workflow.pointerOf(stepId);
  if (pointer === undefined) return [];
  const prefixes = INPUT_NAMES.map((name) => `${pointer}/${name}`);
  const found: SecretReference[] = [];
  for (const use of workflow.expressions) {
    if (use.field !== "input" || use.scope.stepId !== stepId) continue;
    const prefix = prefixes.find((start) => use.pointer === start || use.pointer.startsWith(`${start}/`)) ?? "";
    for (const reference of use.references) {
      if (reference.root !== "secrets") continue;
      const problem = (message: string): Problem => atReference(workflow, use, reference, message);
      found.push({ member: use.pointer.slice(prefix.length), name: reference.path[0], problem });
    }
  }
  return found;
}

/**
 * Problems of the secrets in a step's input, once the action is known. `secretMembers` are JSON pointers with `*` for any
 * member; a pointer also covers what is inside it.
 */
export function secretProblems(workflow: ReadWorkflow, stepId: string, secretMembers: readonly string[]): Problem[] {
  return secretReferences(workflow, stepId)
    .filter(({ member }) => !secretMembers.some((pattern) => covers(pattern, member)))
    .map(({ member, problem }) =>
      problem(
        `a secret may not stand in the input member ${member === "" ? "itself" : member}: its schema does not say x-secret`,
      ),
    );
}

function covers(pattern: string, member: string): boolean {
  const wanted = pointerSegments(pattern);
  const given = pointerSegments(member);
  return wanted.length <= given.length && wanted.every((segment, index) => segment === "*" || segment === given[index]);
}
