import type { Json, JsonMap } from "./json.ts";

/** A node that gives a value and calls nothing. */
export const give = (id: string, value: Json, more: JsonMap = {}): JsonMap => ({ id, type: "output", value, ...more });

export const graph = (nodes: Json[], edges: Json[], more: JsonMap = {}): JsonMap => ({
  name: "Outside graph",
  nodes,
  edges,
  ...more,
});

/** A long-running graph, with a budget that is not the reason of its end. */
export const lasting = (nodes: Json[], edges: Json[], more: JsonMap = {}): JsonMap =>
  graph(nodes, edges, { mode: "long_running", budget: { max_seconds: 40 }, ...more });
