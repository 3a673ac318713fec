import type { ReadWorkflow } from "../definition/read-workflows.ts";
import type { PlanSource } from "../plan/types.ts";
import { ALL_FINDINGS } from "./all-findings.ts";
import { type Estimate, estimateOf } from "./estimate.ts";
import type { Finding } from "./finding.ts";
import { subjectOf } from "./subject.ts";

/** What is worth knowing of a valid workflow before it runs. */
export interface Analysis {
  /** In the order of the file. */
  findings: Finding[];
  estimate: Estimate;
}

/** Findings of one workflow that are worth reading. */
const MOST_FINDINGS = 200;
/** Of one rule: who makes the same mistake everywhere has seen it by then, and looking costs. */
const MOST_OF_A_RULE = 50;

/**
 * Looks at a workflow that has no problems, together with what its connectors and subworkflows were pinned to. Pins may be
 * missing: what depends on them is then left unsaid.
 */
export function analyse(read: ReadWorkflow, source: PlanSource): Analysis {
  const subject = subjectOf(read, source);
  const findings = new Map<string, Finding>();
  for (const rule of ALL_FINDINGS) {
    const enough = findings.size + MOST_OF_A_RULE;
    for (const finding of rule(subject)) {
      if (findings.size >= enough) break;
      const place = `${finding.code} ${finding.path} ${finding.line} ${finding.column} ${finding.message}`;
      if (!findings.has(place)) findings.set(place, withoutUndefined(finding));
    }
  }
  const ordered = [...findings.values()].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  return { findings: ordered.slice(0, MOST_FINDINGS), estimate: estimateOf(source) };
}

function withoutUndefined({ suggestion, ...finding }: Finding): Finding {
  return suggestion === undefined ? finding : { ...finding, suggestion };
}
