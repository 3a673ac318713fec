import type { GraphEdge, WorkflowDefinition } from "../definition/types.ts";
import { constantTruth } from "./constant.ts";

/** An edge that can be taken. */
export interface LiveEdge {
  to: string;
  /** It holds whatever the run does. */
  certain: boolean;
}

/** An edge that is never taken, and why. */
export interface DeadEdge {
  edge: GraphEdge;
  /** Its number in the file's list. */
  index: number;
  why: "never_holds" | "after_certain";
}

/** The ways through a graph (section 5), as far as the definition alone tells. */
export interface GraphPaths {
  start: string;
  longRunning: boolean;
  nodes: readonly string[];
  edges: ReadonlyMap<string, readonly LiveEdge[]>;
  dead: readonly DeadEdge[];
  /** Nodes that can come after a node, itself only when it is in a cycle. */
  after: ReadonlyMap<string, ReadonlySet<string>>;
}

type Graph = NonNullable<WorkflowDefinition["graph"]>;

/** Finds out which edges live and which nodes follow which. */
export function graphPaths(graph: Graph): GraphPaths {
  const longRunning = graph.mode === "long_running";
  const dead: DeadEdge[] = [];
  const edges = new Map<string, LiveEdge[]>(graph.nodes.map((node) => [node.id, []]));
  const ordered = graph.edges
    .map((edge, index) => ({ edge, index }))
    .sort((a, b) => (a.edge.priority ?? 0) - (b.edge.priority ?? 0) || a.index - b.index);
  for (const { edge, index } of ordered) {
    const out = edges.get(edge.from);
    if (out === undefined) continue;
    const truth = edge.when === undefined ? true : constantTruth(edge.when);
    if (truth === false) dead.push({ edge, index, why: "never_holds" });
    else if (!longRunning && out.some(({ certain }) => certain)) dead.push({ edge, index, why: "after_certain" });
    else out.push({ to: edge.to, certain: truth === true });
  }
  return {
    start: graph.start ?? graph.nodes[0]?.id ?? "",
    longRunning,
    nodes: graph.nodes.map((node) => node.id),
    edges,
    dead,
    after: new Map(graph.nodes.map((node) => [node.id, reachable(node.id, edges)])),
  };
}

function reachable(from: string, edges: ReadonlyMap<string, readonly LiveEdge[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const { to } of edges.get(node) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}
