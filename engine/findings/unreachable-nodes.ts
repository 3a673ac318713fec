import { type FindingRule, findingAt, findingAtStep } from "./finding.ts";

/** Nodes and edges that no run of a graph reaches (section 5). A long-running node may always be sent a message. */
export const unreachableNodes: FindingRule = function* (subject) {
  const { graph, read } = subject;
  if (graph === undefined) return;
  for (const { edge, index, why } of graph.dead) {
    const message =
      why === "never_holds"
        ? "its condition is always false"
        : `an edge before it, from the same node, is always taken; edges are tried by priority, then in the order of the list`;
    yield findingAt(subject, `${read.pointer}/edges/${index}`, {
      code: "unreachable-edge",
      severity: "warning",
      message: `the edge from "${edge.from}" to "${edge.to}" is never taken: ${message}`,
    });
  }
  if (graph.longRunning) return;
  const reached = graph.after.get(graph.start);
  for (const node of graph.nodes) {
    if (node === graph.start || reached?.has(node) === true) continue;
    yield findingAtStep(subject, node, ["id", "name"], {
      code: "unreachable-node",
      severity: "warning",
      message: `node "${node}" never runs: no edges lead to it from the start "${graph.start}"`,
    });
  }
};
