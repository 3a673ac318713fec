import type { SourceNode } from "../source/tree.ts";
import { type BlockReader, withoutUndefined } from "./block-reader.ts";
import type { GraphEdge, WorkflowDefinition } from "./types.ts";

type Graph = NonNullable<WorkflowDefinition["graph"]>;

/** `nodes, start, edges, mode, state, until, idle` (section 5). Undefined when the workflow has no nodes. */
export function readGraph(workflow: BlockReader): Graph | undefined {
  const scope = { loop: false, graph: true };
  const mode = workflow.oneOf(["mode"], ["standard", "long_running"] as const);
  const start = workflow.name(["start"]);
  const state = workflow.object(["state"]);
  const until = workflow.condition(["until"], "until", scope);
  const idle = workflow.oneOf(["idle"], ["complete"] as const);
  const edges = workflow.member(["edges"]);
  const nodes = workflow.steps(["nodes"], scope);
  if (nodes === undefined) {
    for (const key of ["mode", "start", "state", "until", "idle", "edges"] as const) {
      const member = workflow.member([key]);
      if (member !== undefined)
        workflow.context.refuseKey(member, `${key} belongs to a graph: this workflow has no nodes`);
    }
    return undefined;
  }
  return withoutUndefined<Graph>({
    mode: mode ?? "standard",
    start,
    nodes,
    edges: edges === undefined ? [] : workflow.items(edges, (node, pointer) => readEdge(workflow, node, pointer)),
    state,
    until,
    idle,
  });
}

function readEdge(workflow: BlockReader, node: SourceNode, pointer: string): GraphEdge | undefined {
  const edge = workflow.inside({ entry: { key: "an edge", value: node }, node, pointer }, { loop: false, graph: true });
  if (edge === undefined) return undefined;
  const from = edge.name(["from"]);
  const to = edge.name(["to"]);
  const when = edge.condition(["when", "condition"], "edge");
  const priority = edge.integer(["priority"], -1_000_000, 1_000_000);
  edge.accept(["description", "metadata"]);
  for (const name of ["from", "to"]) if (!edge.has(name)) edge.missing(name, "in an edge");
  edge.finish("an edge");
  return from === undefined || to === undefined ? undefined : withoutUndefined({ from, to, when, priority });
}
