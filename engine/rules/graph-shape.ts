import { nearestName } from "../source/nearest-name.ts";
import type { Problem } from "../source/problem.ts";
import type { ReadWorkflow } from "../definition/read-workflows.ts";
import { atPointer, type Rule } from "./rule.ts";

/** Edges and `start` name nodes, and a long-running graph has an end (section 5). */
export const graphShape: Rule = function* (workflow) {
  const { graph, budget } = workflow.definition;
  if (graph === undefined) return;
  const nodes = graph.nodes.map((node) => node.id);
  for (const [index, edge] of graph.edges.entries()) {
    yield* unknownNode(workflow, `/edges/${index}/from`, edge.from, nodes);
    yield* unknownNode(workflow, `/edges/${index}/to`, edge.to, nodes);
  }
  if (graph.start !== undefined) yield* unknownNode(workflow, "/start", graph.start, nodes);
  if (graph.nodes.length === 0)
    yield atPointer(workflow, `${workflow.pointer}/nodes`, "a graph needs at least one node");
  if (
    graph.mode === "long_running" &&
    graph.until === undefined &&
    !Object.keys(budget ?? {}).some((name) => name.startsWith("max_"))
  ) {
    yield atPointer(
      workflow,
      `${workflow.pointer}/mode`,
      "a long_running workflow needs a budget or until: without one it would never end",
    );
  }
};

function* unknownNode(
  workflow: ReadWorkflow,
  field: string,
  name: string,
  nodes: readonly string[],
): Generator<Problem> {
  if (nodes.includes(name)) return;
  const suggestion = nearestName(name, nodes);
  const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
  yield atPointer(workflow, workflow.pointer + field, `there is no node "${name}"${hint}`, suggestion);
}
