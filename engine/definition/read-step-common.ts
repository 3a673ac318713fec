import { type BlockReader, type Names, withoutUndefined } from "./block-reader.ts";
import type { ExpressionField } from "./expression-use.ts";
import { type FieldTable, placesOf, readShape, type Shape } from "./field.ts";
import { block, kept } from "./field-blocks.ts";
import {
  accepted,
  boolean,
  condition,
  custom,
  duration,
  integer,
  object,
  oneOf,
  steps,
  template,
  text,
} from "./field-kinds.ts";
import { AUTHORIZATION, GUARDRAILS, MAILBOX, STEP_EXECUTION } from "./kept-blocks.ts";
import { readRetryBlock, RETRY, RETRY_FIELD } from "./read-retry.ts";
import { has } from "./shape-schema.ts";
import type { ExecutionTarget, StepCommon } from "./types.ts";
import { pointerTo, toJson } from "../source/tree.ts";
import type { Json, JsonObject } from "../json.ts";

const TARGET = oneOf("Where the step runs.", ["local", "cloud", "self_hosted"] as const);
const BACKEND = kept("Which backend runs an agent.", STEP_EXECUTION);

const CACHE = {
  fields: {
    enabled: boolean("Whether results are kept."),
    ttl: duration("How long a result is kept (5 minutes); 0: it is not, whatever the connector says.", 0),
    key: template("What a result is kept under; the step's input when left out.", "cache"),
  },
} satisfies Shape;

const FIELDS = {
  id: accepted("How other steps address this one: `steps.<id>.output`. Unique in the workflow."),
  name: custom("The step's id where there is no `id`, else its title.", {}, (step, names) =>
    step.has("id") ? step.text(names) : undefined,
  ),
  type: accepted("What kind of step this is."),
  description: accepted("What the step is for."),
  condition: condition(
    "The step is skipped when this is false. A template, a bare expression or a literal.",
    "condition",
  ),
  for_each: condition(
    "The step runs for every item of a list or a map; `item`, `index`, `isFirst`, `isLast` inside.",
    "for_each",
    { also: ["forEach"], in: "outer" },
  ),
  parallel: boolean("With `for_each`: the iterations run at once."),
  max_concurrency: integer("With `parallel`: how many iterations run at once.", 1, 10_000, {
    also: ["maxConcurrency"],
  }),
  timeout_ms: integer("As `timeout`, in milliseconds.", 1, Number.MAX_SAFE_INTEGER, { also: ["timeoutMs"] }),
  timeout: duration('Bounds one attempt: seconds, or text such as "30s", "5m".'),
  retry: RETRY_FIELD,
  continue_on_error: boolean("A failure does not stop the run: the status is failed, `steps.<id>.error` is set.", {
    also: ["continueOnError"],
  }),
  execution: custom(
    "Where the step runs: local, cloud or self_hosted. A map names the backend of an agent instead.",
    { anyOf: [TARGET.schema, BACKEND.schema] },
    readExecution,
  ),
  input: template("What the action gets; templates at any depth keep their types.", "input", {
    also: ["with", "inputs"],
  }),
  authorization: kept("Who may run the step.", AUTHORIZATION),
  guardrails: kept("Bounds of what the step may do and give.", GUARDRAILS),
  cache: block("Successes are kept and given again.", CACHE),
  compensate: steps("Undoes the completed step when the run fails or is cancelled with `compensate: true`."),
  metadata: object("Anything; the platform does not read it."),
  connection: template("Which connection of the connector is used.", "connection"),
  set: assignments("In a graph: changes of the shared state, made when the node completes.", "set"),
  keep: assignments("In a graph: changes of the node's own state, made when it completes.", "keep"),
  mailbox: kept("In a long-running graph: how many messages may wait.", MAILBOX),
  on_shutdown: steps("In a long-running graph: steps that run when the node is shut down.", {
    also: ["onShutdown"],
    in: "outer",
  }),
  every: duration("In a long-running graph: the node runs by itself this often."),
  backend: text("Which backend runs an agent."),
} satisfies FieldTable;

/** The action engine writes its retry beside the action, not in a block of its own. */
const BESIDE_ACTION = {
  shape: RETRY,
  when: ["retryStrategy", "maxAttempts", "initialDelayMs", "maxDelayMs"],
  unless: ["retry", ...RETRY_FIELD.also],
};

/** The fields that every kind of step has (section 3). */
export const STEP: Shape<typeof FIELDS> = {
  fields: FIELDS,
  inlined: BESIDE_ACTION,
  between: [
    {
      if: { properties: { parallel: { const: true } }, required: ["parallel"] },
      then: { anyOf: [has("for_each"), has("forEach")] },
    },
  ],
};

/** Those of them that a kind with fields of its own has: a field of the same name is the kind's (`if` reads `condition` itself). */
export function stepShapeBeside(own: FieldTable): Shape<typeof FIELDS> {
  const fields = Object.fromEntries(Object.entries(FIELDS).filter(([name]) => !Object.hasOwn(own, name)));
  return { ...STEP, fields: fields as typeof FIELDS };
}

/** Reads the fields that every kind of step has; `own` is the kind's table. */
export function readStepCommon(step: BlockReader, id: string, own: FieldTable, owner: string): StepCommon {
  const shape = stepShapeBeside(own);
  const values = readShape(step, shape, owner);
  const places = placesOf(step, shape);
  if (values.parallel === true && !places.given("for_each"))
    places.refuseKey(
      "parallel",
      "parallel: true needs for_each; to run several steps at once, give it a list of steps",
    );
  return withoutUndefined<StepCommon>({
    id,
    name: values.name,
    condition: values.condition,
    forEach: values.for_each,
    parallel: values.parallel,
    maxConcurrency: values.max_concurrency,
    timeoutMs: values.timeout_ms ?? values.timeout,
    retry: values.retry ?? readRetryBeside(step),
    continueOnError: values.continue_on_error,
    execution: values.execution,
    input: values.input,
    authorization: values.authorization,
    guardrails: values.guardrails,
    cache: values.cache && readCache(values.cache),
    compensate: values.compensate,
    metadata: values.metadata,
    connection: values.connection,
    set: values.set,
    keep: values.keep,
    mailbox: values.mailbox,
    onShutdown: values.on_shutdown,
    everyMs: values.every,
  });
}

/** `enabled: false` is `ttl: 0`: nothing is kept, whatever the connector says. */
function readCache({ enabled, ttl, key }: { enabled?: boolean; ttl?: number; key?: Json }): StepCommon["cache"] {
  return withoutUndefined({ ttlMs: enabled === false ? 0 : ttl, key });
}

/** `local | cloud | self_hosted`; a map names a backend instead, which only agents heed. */
function readExecution(step: BlockReader, names: Names, owner: string): ExecutionTarget | undefined {
  if (step.member(names)?.node.kind !== "map") return TARGET.read(step, names, owner);
  BACKEND.read(step, names, owner);
  return undefined;
}

function readRetryBeside(step: BlockReader): StepCommon["retry"] {
  const { when, unless } = BESIDE_ACTION;
  const beside = when.some((name) => step.has(name)) && !unless.some((name) => step.has(name));
  return beside ? readRetryBlock(step) : undefined;
}

/** `set` and `keep`: each value is a template, a bare expression or a literal. */
function assignments(about: string, field: Extract<ExpressionField, "set" | "keep">) {
  const read = (step: BlockReader, names: Names): JsonObject | undefined => {
    const member = step.member(names);
    const inner = member && step.inside(member);
    if (inner === undefined) return undefined;
    const values: JsonObject = {};
    for (const entry of inner.node.entries) {
      inner.context.condition(entry.value, pointerTo(inner.pointer, entry.key), field, inner.scope);
      values[entry.key] = toJson(entry.value);
    }
    return values;
  };
  return custom(about, { type: "object" }, read, { nullIsAbsent: false });
}
