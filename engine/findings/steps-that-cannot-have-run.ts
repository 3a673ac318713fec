import type { ExpressionUse } from "../definition/expression-use.ts";
import { type Finding, type FindingRule, findingAtReference, type Remark } from "./finding.ts";
import { type Relation, relationOf } from "./step-relation.ts";
import type { StepPlace } from "./step-places.ts";
import type { FoundReference, Subject } from "./subject.ts";

/**
 * References to steps that have no result where they are read: in the other branch, in a `catch` from what it catches, inside a
 * loop from outside, at the same time, in a graph on no way that leads here. What is wrong in every run of every sequence is
 * refused by the rule `step-order`.
 */
export const stepsThatCannotHaveRun: FindingRule = function* (subject) {
  for (const found of subject.references) {
    const [id] = found.reference.path;
    const target = found.reference.root === "steps" && id !== undefined ? subject.places.get(id) : undefined;
    if (id === undefined || target === undefined) continue;
    const remark = remarkOf(subject, found, id, target);
    if (remark !== undefined) yield at(subject, found, remark);
  }
};

function at(subject: Subject, { use, reference }: FoundReference, remark: Remark): Finding {
  return findingAtReference(subject, use, reference, remark);
}

function remarkOf(subject: Subject, found: FoundReference, id: string, target: StepPlace): Remark | undefined {
  const { use } = found;
  if (use.field === "default" || use.field === "concurrency" || use.field === "trigger")
    return never(id, "this is evaluated before the run begins", found.guarded);
  const reader = readerOf(subject, use);
  const relation = subject.graph === undefined ? relationOf(reader, target) : inGraph(subject, use, reader, target);
  if (relation === undefined) return undefined;
  if (relation.kind === "never") {
    // `set` and `keep` are evaluated when their own node, with all that is in it, is done.
    if ((use.field === "set" || use.field === "keep") && reader?.at(-1)?.step === target[0]?.step) return undefined;
    return never(id, relation.why, found.guarded);
  }
  return relation.kind === "inside_loop" ? insideLoop(id, relation.loop) : atOnce(id, relation.of);
}

function readerOf(subject: Subject, use: ExpressionUse): StepPlace | undefined {
  return use.scope.stepId === undefined ? undefined : subject.places.get(use.scope.stepId);
}

/** Nodes may be visited again and again: what stands in one node is related as in a sequence only when it is visited once. */
function inGraph(
  subject: Subject,
  use: ExpressionUse,
  reader: StepPlace | undefined,
  target: StepPlace,
): Relation | undefined {
  const { graph } = subject;
  const from = reader?.[0]?.step.id ?? edgeSource(subject, use);
  const to = target[0]?.step.id;
  if (graph === undefined || to === undefined) return undefined;
  const repeats = graph.longRunning || graph.after.get(to)?.has(to) === true;
  const inside = relationOf(reader, target);
  if (inside?.kind === "inside_loop" || from === undefined || (from !== to && inside !== undefined)) return inside;
  if (from === to) {
    if (repeats) return undefined;
    const itself = reader !== undefined && reader.length === 1 && target.length === 1;
    const done = use.field === "set" || use.field === "keep" || use.field === "edge";
    return itself && !done ? { kind: "never", why: "it is this node, which is visited only once" } : inside;
  }
  if (graph.longRunning || graph.after.get(to)?.has(from) === true || reader?.some(({ apart }) => apart))
    return undefined;
  return { kind: "never", why: `no edges lead from "${to}" to "${from}"` };
}

/** The node whose edge an expression belongs to. */
function edgeSource({ read, definition }: Subject, use: ExpressionUse): string | undefined {
  if (use.field !== "edge") return undefined;
  const index = /^\/edges\/(\d+)\//.exec(use.pointer.slice(read.pointer.length))?.[1];
  return definition.graph?.edges[Number(index ?? 0)]?.from;
}

function never(id: string, why: string, guarded: boolean): Remark {
  const severity = guarded ? "info" : "warning";
  return {
    code: "step-cannot-have-run",
    severity,
    message: `step "${id}" cannot have run here, so this is null: ${why}`,
  };
}

function insideLoop(id: string, loop: string): Remark {
  return {
    code: "step-inside-loop",
    severity: "warning",
    message: `step "${id}" runs once for each item of "${loop}": from outside of it this is null; the results of all items are steps.${loop}.output`,
    suggestion: `steps.${loop}.output`,
  };
}

function atOnce(id: string, of: string): Remark {
  return {
    code: "step-order-not-guaranteed",
    severity: "warning",
    message: `step "${id}" runs at the same time, in another branch of "${of}": it may not have its output yet`,
  };
}
