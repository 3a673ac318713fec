import type { JsonObject } from "../json.ts";
import { type Amounts, all, between, either, NOTHING, times } from "./amounts.ts";
import type { GraphPaths } from "./graph-paths.ts";
import type { Outline } from "./outline.ts";
import type { StepAmounts } from "./step-amounts.ts";

/**
 * What the nodes of a graph take. Without circles: the least and the most of all ways. In a circle, or in a long-running graph,
 * only the budget bounds the visits.
 */
export function graphAmounts({ definition }: Outline, graph: GraphPaths, steps: StepAmounts): Amounts {
  const nodes = new Map((definition.graph?.nodes ?? []).map((node) => [node.id, steps.step(node)]));
  const visits = mostVisits(definition.budget, graph.longRunning);
  if (graph.longRunning) {
    const start = definition.graph?.start;
    const parts = [...nodes].map(([id, node]) => times(node, { least: id === start ? 1 : 0, most: visits }));
    return all(parts);
  }
  const reached = [...new Set([graph.start, ...(graph.after.get(graph.start) ?? [])])];
  const circling = reached.filter((id) => graph.after.get(id)?.has(id) === true);
  if (circling.length === 0) return wayFrom(graph, graph.start, nodes, new Map());
  const once = reached.filter((id) => !circling.includes(id)).map((id) => nodes.get(id) ?? NOTHING);
  const again = times(either(circling.map((id) => nodes.get(id) ?? NOTHING)), { least: 0, most: visits });
  return between(leastWay(graph, reached, nodes), all([...once, again]));
}

/** Visits that a budget allows: one for a step, and in a long-running graph one for a message. */
function mostVisits(budget: JsonObject | undefined, longRunning: boolean): number | null {
  const bounds = [budget?.max_steps, longRunning ? budget?.max_messages : undefined].filter(
    (it) => typeof it === "number",
  );
  return bounds.length === 0 ? null : Math.min(...bounds);
}

/** A run ends at a node from which no edge has to be taken. */
function endsAt(graph: GraphPaths, node: string): boolean {
  return !(graph.edges.get(node) ?? []).some(({ certain }) => certain);
}

/** The least and the most of every thing on any way from a node, in a graph without circles. */
function wayFrom(
  graph: GraphPaths,
  node: string,
  nodes: ReadonlyMap<string, Amounts>,
  known: Map<string, Amounts>,
): Amounts {
  const found = known.get(node);
  if (found !== undefined) return found;
  const ways = (graph.edges.get(node) ?? []).map(({ to }) => wayFrom(graph, to, nodes, known));
  if (endsAt(graph, node)) ways.push(NOTHING);
  const way = all([nodes.get(node) ?? NOTHING, either(ways)]);
  known.set(node, way);
  return way;
}

/** What looking for the shortest ways may cost. In a large graph with many actions only the start's share is sure. */
const MOST_LOOKS = 300_000;

/** The least of every thing from the start to an end; of the start alone where there is no end. */
function leastWay(graph: GraphPaths, reached: readonly string[], nodes: ReadonlyMap<string, Amounts>): Amounts {
  const names = new Set(reached.flatMap((id) => [...(nodes.get(id)?.keys() ?? [])]));
  const rounds = Math.min(reached.length + 1, Math.ceil(MOST_LOOKS / (names.size * reached.length + 1)));
  const ranges = [...names].map((name): [string, { least: number; most: number }] => {
    const least = leastOf(graph, reached, (node) => nodes.get(node)?.get(name)?.least ?? 0, rounds);
    return [name, { least, most: least }];
  });
  return new Map(ranges);
}

function leastOf(
  graph: GraphPaths,
  reached: readonly string[],
  cost: (node: string) => number,
  rounds: number,
): number {
  const way = new Map<string, number>();
  const of = (node: string): number => way.get(node) ?? Number.POSITIVE_INFINITY;
  let changed = true;
  for (let round = 0; changed && round < rounds; round += 1) {
    changed = false;
    for (const node of reached.toReversed()) {
      const rest = (graph.edges.get(node) ?? []).map(({ to }) => of(to));
      const least = cost(node) + Math.min(endsAt(graph, node) ? 0 : Number.POSITIVE_INFINITY, ...rest);
      if (least < of(node)) {
        way.set(node, least);
        changed = true;
      }
    }
  }
  // A way that was not looked at to its end might have been shorter.
  return changed || !Number.isFinite(of(graph.start)) ? cost(graph.start) : of(graph.start);
}
