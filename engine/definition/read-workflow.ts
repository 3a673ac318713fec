import { hasControlCharacter } from "../source/build-tree.ts";
import type { SourceNode } from "../source/tree.ts";
import { BlockReader, type Names, withoutUndefined } from "./block-reader.ts";
import { type FieldTable, placesOf, readShape, readWhole, type Shape } from "./field.ts";
import { kept, keptObject } from "./field-blocks.ts";
import {
  boolean,
  custom,
  duration,
  integer,
  isNull,
  name,
  object,
  oneOf,
  steps,
  template,
  text,
} from "./field-kinds.ts";
import { AUTHORIZATION, BUDGET, EXECUTION, TESTING } from "./kept-blocks.ts";
import type { ReadContext } from "./read-context.ts";
import { GRAPH_FIELDS, GRAPH_RULES, graphOf } from "./read-graph.ts";
import { INPUTS_FIELD } from "./read-inputs.ts";
import { OUTPUTS_FIELD } from "./read-outputs.ts";
import { RETRY_FIELD } from "./read-retry.ts";
import { readSteps } from "./read-step.ts";
import { TRIGGERS_FIELD } from "./read-triggers.ts";
import { isSemanticVersion, SEMANTIC_VERSION } from "./semantic-version.ts";
import { shapeSchema } from "./shape-schema.ts";
import { slugOf } from "./slug.ts";
import type { WorkflowDefinition } from "./types.ts";

const CONCURRENCY = {
  fields: {
    key: template("Runs with the same key share the limit.", "concurrency"),
    limit: integer("How many runs go on at once.", 1, 10_000),
    strategy: oneOf(
      "What happens to one more: queue (it waits), cancel_running (the older one is cancelled), reject (409 CONFLICT).",
      ["queue", "cancel_running", "reject"] as const,
    ),
  },
} satisfies Shape;

const FIELDS = {
  id: name("The slug of the workflow, where it is not made from the name."),
  name: name("What the workflow is called; its slug is made from it."),
  version: custom(
    "A semantic version (1.0.0). A published version never changes.",
    { type: "string", pattern: SEMANTIC_VERSION.source },
    readVersion,
  ),
  description: text("What the workflow is for."),
  strict: boolean("A missing member in an expression is an error that names it, not null."),
  inputs: INPUTS_FIELD,
  outputs: OUTPUTS_FIELD,
  steps: steps("The steps, one after the other."),
  ...GRAPH_FIELDS,
  timeout_ms: integer("As `timeout`, in milliseconds.", 1, Number.MAX_SAFE_INTEGER, { also: ["timeoutMs"] }),
  timeout: duration('Bounds the whole run: seconds, or text such as "30s", "5m".'),
  retry: RETRY_FIELD,
  triggers: TRIGGERS_FIELD,
  execution: kept("Streaming, security and audit of the runs.", EXECUTION),
  authorization: kept("Who may run the workflow.", AUTHORIZATION),
  testing: kept("Dry runs and fixtures.", TESTING),
  concurrency: custom(
    "How many runs go on at once, by a key.",
    shapeSchema(CONCURRENCY),
    (workflow, names, owner) => {
      const member = workflow.member(names);
      const concurrency = member && workflow.inside(member);
      if (concurrency === undefined) return undefined;
      readWhole(concurrency, CONCURRENCY, `concurrency of ${owner}`);
      return keptObject(concurrency.node);
    },
    { nullIsAbsent: false },
  ),
  budget: kept("What a run may use: seconds, steps, messages, tokens.", BUDGET),
  metadata: object("Anything; the platform does not read it."),
  backend: text("Which backend runs agents."),
} satisfies FieldTable;

/** A workflow, as every form of a file writes it. */
export const WORKFLOW: Shape<typeof FIELDS> = {
  fields: FIELDS,
  between: [{ dependencies: { steps: { properties: { nodes: false } } } }, ...GRAPH_RULES],
};

export interface WorkflowOptions {
  /** Keys of the file that may stand in a bare workflow. */
  alsoKnown: readonly string[];
  /** The name of a workflow that gives none. */
  name?: string;
}

/** One workflow object → its typed definition; undefined when it is no map. Problems go to the context. */
export function readWorkflow(
  node: SourceNode,
  pointer: string,
  context: ReadContext,
  options: WorkflowOptions,
): WorkflowDefinition | undefined {
  if (node.kind !== "map") {
    context.refuse({ node, pointer }, "a workflow must be a map");
    return undefined;
  }
  const block = new BlockReader(node, pointer, { loop: false, graph: false }, context, readSteps);
  block.accept(options.alsoKnown);
  const naming = readNaming(block, options.name);
  const owner = naming.name === "" ? "the workflow" : `workflow "${naming.name}"`;
  const values = readShape(block, WORKFLOW, owner);
  const places = placesOf(block, WORKFLOW);
  const definition: WorkflowDefinition = {
    ...naming,
    version: values.version ?? "1.0.0",
    description: values.description,
    strict: values.strict,
    inputs: values.inputs ?? {},
    outputs: values.outputs ?? {},
    steps: values.steps ?? [],
    graph: graphOf(values, places),
    timeoutMs: values.timeout_ms ?? values.timeout,
    retry: values.retry,
    triggers: values.triggers,
    execution: values.execution,
    authorization: values.authorization,
    testing: values.testing,
    concurrency: values.concurrency,
    budget: values.budget,
    metadata: values.metadata,
  };
  if (places.given("steps")) places.refuseKey("nodes", "a workflow has steps or nodes, not both");
  block.finish(owner);
  return withoutUndefined(definition);
}

function readNaming(block: BlockReader, fallback: string | undefined): { name: string; slug: string } {
  const id = block.name(["id"]);
  const written = isWritten(block, "name") || isWritten(block, "id");
  const name = block.name(["name"]) ?? id ?? (written ? undefined : fallback);
  if (!written && fallback === undefined) block.missing("name", "in a workflow");
  const slug = slugOf(id ?? name ?? "");
  const member = block.member([block.has("id") ? "id" : "name"]);
  if (member !== undefined && name !== undefined && slug === "")
    block.context.refuse(member, "a workflow's name must have a letter or a digit");
  return { name: name ?? "", slug };
}

function isWritten(block: BlockReader, key: string): boolean {
  const member = block.member([key]);
  return member !== undefined && !isNull(member);
}

function readVersion(block: BlockReader, names: Names): string | undefined {
  const member = block.member(names);
  const version = block.word(names);
  if (member === undefined || version === undefined) return undefined;
  if (!hasControlCharacter(version) && isSemanticVersion(version)) return version;
  block.context.refuse(member, 'version must be a semantic version such as "1.0.0"');
  return undefined;
}
