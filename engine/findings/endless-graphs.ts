import { type FindingRule, findingAt, findingAtStep } from "./finding.ts";
import type { GraphPaths, LiveEdge } from "./graph-paths.ts";

/** Graphs that go in a circle without any way out, or that only a spent budget ends (section 5). */
export const endlessGraphs: FindingRule = function* (subject) {
  const { graph, definition, read } = subject;
  if (graph === undefined) return;
  const bounded =
    definition.timeoutMs !== undefined || Object.keys(definition.budget ?? {}).some((key) => key !== "hold");
  if (graph.longRunning) {
    if (definition.graph?.until === undefined && definition.graph?.idle === undefined)
      yield findingAt(subject, `${read.pointer}/mode`, {
        code: "ends-only-by-budget",
        severity: "info",
        message:
          "nothing but a spent budget or a shutdown ends this graph: until or idle: complete would end it when it is done",
      });
    return;
  }
  if (bounded) return;
  const circle = certainCircle(graph);
  if (circle === undefined) return;
  yield findingAtStep(subject, circle[0] ?? graph.start, ["id", "name"], {
    code: "endless-cycle",
    severity: "warning",
    message: `the nodes ${circle.join(" → ")} → ${circle[0]} follow each other whatever happens: without a condition on an edge or a budget only the step limit ends this`,
  });
};

/** The nodes of a circle that is entered whenever the run gets there, and never left: each one's first edge always holds. */
function certainCircle(graph: GraphPaths): string[] | undefined {
  const seen = new Set<string>();
  for (const start of [graph.start, ...(graph.after.get(graph.start) ?? [])]) {
    const way: string[] = [];
    let node: string | undefined = start;
    while (node !== undefined && !seen.has(node)) {
      seen.add(node);
      way.push(node);
      const [first]: readonly LiveEdge[] = graph.edges.get(node) ?? [];
      node = first?.certain === true ? first.to : undefined;
    }
    const entry = node === undefined ? -1 : way.indexOf(node);
    if (entry >= 0) return way.slice(entry);
  }
  return undefined;
}
