import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import type { JsonObject } from "../json.ts";
import type { PartCompiler } from "./compile-parts.ts";
import type { MailboxRule, PlanEdge, PlanGraph, PlanStep } from "./types.ts";

/** Messages that a mailbox holds when nobody says, and the most it may be told to hold. */
const MAILBOX_SIZE = 100;
const LARGEST_MAILBOX = 1_000;

/** `nodes` and `edges` → what a run looks up (section 5). `steps` are the compiled nodes. */
export function compileGraph(
  graph: NonNullable<WorkflowDefinition["graph"]>,
  steps: readonly PlanStep[],
  compiler: PartCompiler,
): PlanGraph {
  const ordered = graph.edges
    .map((edge, index) => ({ edge, index }))
    .sort((a, b) => (a.edge.priority ?? 0) - (b.edge.priority ?? 0) || a.index - b.index);
  const edges = new Map<string, PlanEdge[]>();
  for (const { edge } of ordered) {
    const list = edges.get(edge.from) ?? [];
    list.push({ to: edge.to, when: edge.when === undefined ? undefined : compiler.condition(edge.when) });
    edges.set(edge.from, list);
  }
  return {
    longRunning: graph.mode === "long_running",
    start: graph.start ?? graph.nodes[0]?.id ?? "",
    startNamed: graph.start !== undefined,
    nodes: new Map(steps.map((step) => [step.id, step])),
    edges,
    mailboxes: new Map(graph.nodes.map((node) => [node.id, mailboxRule(node)])),
    state: graph.state ?? {},
    until: graph.until === undefined ? undefined : compiler.condition(graph.until),
    idle: graph.idle === "complete",
  };
}

function mailboxRule(node: StepDefinition): MailboxRule {
  const { size, overflow }: JsonObject = node.mailbox ?? {};
  return {
    size: typeof size === "number" ? Math.max(1, Math.min(size, LARGEST_MAILBOX)) : MAILBOX_SIZE,
    overflow: overflow === "drop_oldest" || overflow === "reject" ? overflow : "block",
  };
}
