import { type BlockReader, withoutUndefined } from "./block-reader.ts";
import { type FieldTable, type Places, readWhole, type Shape, type ValuesOf } from "./field.ts";
import { list } from "./field-blocks.ts";
import { accepted, condition, integer, name, object, oneOf, steps } from "./field-kinds.ts";
import { shapeSchema } from "./shape-schema.ts";
import type { GraphEdge, WorkflowDefinition } from "./types.ts";

type Graph = NonNullable<WorkflowDefinition["graph"]>;

const EDGE = {
  fields: {
    from: name("The node that the edge leaves.", { required: true }),
    to: name("The node that the edge leads to.", { required: true }),
    when: condition(
      "The edge is taken when this holds. It sees `output`, `input`, `state`, `graph`, `steps`.",
      "edge",
      {
        also: ["condition"],
      },
    ),
    priority: integer("Edges are tried by priority, lower first, then in their order.", -1_000_000, 1_000_000),
    description: accepted("What the edge is for."),
    metadata: accepted("Anything; the platform does not read it."),
  },
} satisfies Shape;

/** `nodes, start, edges, mode, state, until, idle` (section 5). */
export const GRAPH_FIELDS = {
  mode: oneOf("standard: one node at a time; long_running: every node is an actor with a mailbox.", [
    "standard",
    "long_running",
  ] as const),
  start: name("The node that begins (the first one)."),
  state: object("The shared state as it is at the beginning."),
  until: condition("The run ends when this holds over the graph's state.", "until", { in: "graph" }),
  idle: oneOf("complete: the run ends when all mailboxes are empty.", ["complete"] as const),
  edges: list("Which node follows which, and when.", {
    called: () => ({ item: "an edge", inside: "an edge" }),
    schema: shapeSchema(EDGE),
    in: "graph",
    read: readEdge,
  }),
  nodes: steps("The nodes of a graph workflow: steps that edges connect.", { in: "graph" }),
} satisfies FieldTable;

/** What has a meaning only where there are nodes. */
const ONLY_WITH_NODES = ["mode", "start", "state", "until", "idle", "edges"] as const;

/** The same for editors. */
export const GRAPH_RULES = ONLY_WITH_NODES.map((key) => ({
  dependencies: { [key]: { required: ["nodes"], properties: { nodes: { type: "array" } } } },
}));

/** The graph of a workflow. Undefined when it has no nodes. */
export function graphOf(values: ValuesOf<typeof GRAPH_FIELDS>, places: Places<typeof GRAPH_FIELDS>): Graph | undefined {
  const { mode, start, nodes, edges, state, until, idle } = values;
  if (nodes === undefined) {
    for (const key of ONLY_WITH_NODES) places.refuseKey(key, `${key} belongs to a graph: this workflow has no nodes`);
    return undefined;
  }
  return withoutUndefined<Graph>({
    mode: mode ?? "standard",
    start,
    nodes,
    edges: edges ?? [],
    state,
    until,
    idle,
  });
}

function readEdge(edge: BlockReader, called: string): GraphEdge | undefined {
  const { from, to, when, priority } = readWhole(edge, EDGE, called);
  return from === undefined || to === undefined ? undefined : withoutUndefined({ from, to, when, priority });
}
