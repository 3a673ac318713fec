import { type Pins, pinKey } from "../../engine/connector.ts";
import type { GraphEdge, StepDefinition, WorkflowDefinition } from "../../engine/definition/types.ts";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import { randomAuthorization, randomBudget, randomCondition, randomRetry, weighted } from "./random-parts.ts";
import { CONNECTOR, StepWriter } from "./random-step.ts";

const TOP = { depth: 0, inLoop: false };

/** What the actions of the simulated connector are pinned to. */
export const PINS: Pins = Object.fromEntries(
  ["run", "once"].map((action) => [
    pinKey(CONNECTOR, action),
    {
      namespace: "simulated",
      connector: "world",
      version: "1.0.0",
      action,
      plugin: "toolbox",
      idempotent: action === "run",
      handler: {},
    },
  ]),
);

/** A random workflow: a sequence, or a graph of either mode. */
export function randomWorkflow(random: RandomSource): WorkflowDefinition {
  const mode = weighted(random, [
    [6, undefined],
    [2, "standard"],
    [4, "long_running"],
  ] as const);
  const writer = new StepWriter(random, 8 + random.below(30));
  const base: WorkflowDefinition = {
    name: "Simulated",
    slug: "simulated",
    version: "1.0.0",
    inputs: {},
    outputs: random.chance(10) ? { bad: { value: "{{ 1 / inputs.zero }}" } } : { n: { value: "{{ inputs.n }}" } },
    steps: [],
  };
  if (mode === undefined) while (writer.left > 0) base.steps.push(writer.step(TOP));
  else base.graph = randomGraph(writer, mode);
  if (random.chance(15)) base.timeoutMs = random.pick([20_000, 1_800_000, 36_000_000]);
  if (random.chance(15)) base.retry = randomRetry(random);
  if (random.chance(8)) base.authorization = randomAuthorization(random);
  if (random.chance(20) || mode === "long_running") base.budget = randomBudget(random, mode !== undefined);
  if (random.chance(5)) base.strict = true;
  return base;
}

function randomGraph(writer: StepWriter, mode: "standard" | "long_running"): WorkflowDefinition["graph"] {
  const { random } = writer;
  const nodes: StepDefinition[] = [];
  const count = 2 + random.below(5);
  while (nodes.length < count) nodes.push(randomNode(writer, mode));
  const ids = nodes.map(({ id }) => id);
  const edges: GraphEdge[] = [];
  for (let at = 0; at < count + 1 + random.below(5); at++) {
    const from = ids[random.below(count)] ?? "";
    // Mostly forward: a cycle now and then.
    const to = random.chance(75)
      ? ids[Math.min(ids.indexOf(from) + 1 + random.below(2), count - 1)]
      : ids[random.below(count)];
    if (to === undefined || edges.some((edge) => edge.from === from && edge.to === to)) continue;
    const edge: GraphEdge = { from, to };
    if (random.chance(40))
      edge.when = random.pick([
        "(output.n | default(0)) > 3",
        "graph.state.count < 6",
        "inputs.flag",
        "output == null",
      ]);
    if (random.chance(20)) edge.priority = random.below(3);
    edges.push(edge);
  }
  return {
    mode,
    nodes,
    edges,
    ...(random.chance(60) ? { start: ids[random.below(count)] } : {}),
    state: { count: 0 },
    ...(mode === "long_running" && random.chance(40) ? { until: `graph.state.count > ${2 + random.below(8)}` } : {}),
    ...(mode === "long_running" && random.chance(40) ? { idle: "complete" } : {}),
  };
}

function randomNode(writer: StepWriter, mode: "standard" | "long_running"): StepDefinition {
  const { random } = writer;
  const node = writer.step({ depth: 1, inLoop: false });
  if (random.chance(50)) node.set = { count: "graph.state.count + 1" };
  if (random.chance(30)) node.keep = { seen: "{{ input }}", times: "(state.times | default(0)) + 1" };
  if (random.chance(4)) node.set = { count: "1 / inputs.zero" };
  if (random.chance(25)) node.input = { message: "{{ input }}" };
  if (random.chance(10)) node.condition = randomCondition(random, writer.known, false);
  if (mode === "standard") return node;
  if (random.chance(70)) node.continueOnError = true;
  if (random.chance(70)) {
    node.mailbox = { size: 1 + random.below(2), overflow: random.pick(["block", "block", "drop_oldest", "reject"]) };
  }
  if (random.chance(20)) node.everyMs = random.pick([3_000, 60_000, 3_600_000]);
  if (random.chance(30)) node.onShutdown = writer.block({ depth: 3, inLoop: false }, 2);
  return node;
}
