import type { ExpressionUse } from "../definition/expression-use.ts";
import type { Reference } from "../expressions/types.ts";
import { atPointer, atReference } from "../rules/rule.ts";
import type { Problem } from "../source/problem.ts";
import type { Subject } from "./subject.ts";

/** Something that a valid workflow says and its author would probably want to know. */
export interface Finding extends Problem {
  /** Name of the kind of finding, in kebab-case: the same words for the same thing, for tools to sort by. */
  code: string;
  /** `warning`: very likely a mistake. `info`: worth knowing. */
  severity: "warning" | "info";
}

/** A check over one workflow that has no problems. */
export type FindingRule = (subject: Subject) => Iterable<Finding>;

/** What a rule says, before it has a place. */
export interface Remark {
  code: string;
  severity: Finding["severity"];
  message: string;
  suggestion?: string;
}

/** A finding at a reference inside an expression, on its exact line and column. */
export function findingAtReference(
  subject: Subject,
  use: ExpressionUse,
  reference: Reference,
  { code, severity, message, suggestion }: Remark,
): Finding {
  return { ...atReference(subject.read, use, reference, message, suggestion), code, severity };
}

/** A finding at a value of the file. */
export function findingAt(subject: Subject, pointer: string, { code, severity, message, suggestion }: Remark): Finding {
  return { ...atPointer(subject.read, pointer, message, suggestion), code, severity };
}

/** A finding at a field of a step, under whichever of its names the file has it. */
export function findingAtStep(subject: Subject, stepId: string, names: readonly string[], remark: Remark): Finding {
  return findingAt(subject, subject.pointerOf(stepId, names), remark);
}
