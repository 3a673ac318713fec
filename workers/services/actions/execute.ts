import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { parseConnectorReference } from "../../../engine/definition/connector-reference.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { catalogOf } from "../connectors/catalog.ts";
import { findVersion } from "../connectors/find.ts";
import { startPlanned } from "../executions/start.ts";
import type { PlannedWorkflow } from "../workflows/planned-workflow.ts";
import { planInline } from "../workflows/plan-inline.ts";

const STEP = "call";

export interface ActionAnswer {
  status: "success";
  data: Json;
  execution_id: string;
}

interface ActionName {
  /** As a step names it. */
  connector: string;
  action: string;
}

/**
 * All that `slug.action` or `namespace/name.action` can mean, with `@version` after the connector or at the end: names of
 * connectors and of actions hold dots. The longest connector comes first.
 */
function splitAction(written: string): ActionName[] {
  const text = written.replace(/^connector:/, "");
  const found: (ActionName & { isVersionLast: boolean })[] = [];
  for (let dot = text.lastIndexOf("."); dot > 0; dot = text.lastIndexOf(".", dot - 1)) {
    const [, action, version = ""] = /^([A-Za-z_][\w.-]*)(@[^\s]+)?$/.exec(text.slice(dot + 1)) ?? [];
    const connector = `connector:${text.slice(0, dot)}${version}`;
    if (action !== undefined && parseConnectorReference(connector) !== undefined)
      found.push({ connector, action, isVersionLast: version !== "" });
  }
  return found.sort((a, b) => Number(b.isVersionLast) - Number(a.isVersionLast));
}

/** The plan of the first reading that there is: what a name can mean says the catalog alone. */
async function planAction(
  context: Context,
  [first, ...more]: [ActionName, ...ActionName[]],
  named: boolean,
): Promise<Result<PlannedWorkflow>> {
  const planOf = ({ connector, action }: ActionName) =>
    planInline(context, oneStep(connector, action, named), undefined);
  const there = more.length === 0 ? [] : await known(context, [first, ...more]);
  let refused: Failure | undefined;
  for (const reading of there) {
    const planned = await planOf(reading);
    if (planned.ok || planned.code !== "VALIDATION") return planned;
    refused ??= planned;
  }
  return refused ?? planOf(first);
}

/** The readings whose connector there is; or, where there is none, those whose name several have: the refusal says which. */
async function known(context: Context, readings: readonly ActionName[]): Promise<ActionName[]> {
  const catalog = await catalogOf(context);
  const looked = readings.map((reading) => ({ reading, version: findVersion(catalog, reading.connector) }));
  const there = looked.filter(({ version }) => version.found);
  const meant = looked.filter(({ version }) => !version.found && version.ambiguous !== undefined);
  return (there.length > 0 ? there : meant).map(({ reading }) => reading);
}

/** A workflow of the one step. Input and connection come by way of `inputs`, so nothing in them is ever evaluated. */
function oneStep(connector: string, action: string, named: boolean): JsonObject {
  return {
    name: "execute",
    inputs: { input: { type: "object" }, ...(named ? { connection: { type: "string" } } : {}) },
    steps: [
      {
        id: STEP,
        connector,
        action,
        input: "{{ inputs.input }}",
        ...(named ? { connection: "{{ inputs.connection }}" } : {}),
      },
    ],
    outputs: { data: `{{ steps.${STEP}.output }}` },
  };
}

function answerOf(record: ExecutionRecord): Result<ActionAnswer> {
  const { execution_id } = record;
  if (record.status === "completed")
    return success({ status: "success", data: record.result?.outputs.data ?? null, execution_id });
  const error = record.steps.find((step) => step.error !== null)?.error ?? record.error;
  const { code = "INTERNAL_ERROR", message = `The run ended as ${record.status}.`, details } = error ?? {};
  return failure(code, message, { ...details, execution_id });
}

/** Whatever is wrong with the one step is wrong with `action`: nobody wrote a definition. */
function refusedAction(refusal: Failure, problems: Json | undefined): Failure {
  if (refusal.code !== "VALIDATION" || !Array.isArray(problems)) return refusal;
  const renamed = problems.filter(isObject).map(({ message, suggestion }) => ({
    path: "/action",
    message: String(message),
    ...(typeof suggestion === "string" ? { suggestion } : {}),
  }));
  return validationFailure(renamed);
}

/** Runs one action and waits for it: what hybrid SDKs call. A run of its own, with a record like every other. */
export async function executeAction(
  context: Context,
  request: {
    action: string;
    input: JsonObject;
    connection?: string | undefined;
    idempotencyKey?: string;
    traceparent?: string;
  },
): Promise<Result<ActionAnswer>> {
  const [first, ...more] = splitAction(request.action);
  if (first === undefined) {
    return validationFailure([
      { path: "/action", message: `"${request.action}" is not an action: write slug.action or namespace/name.action.` },
    ]);
  }
  const { connection } = request;
  const planned = await planAction(context, [first, ...more], connection !== undefined);
  if (!planned.ok) return refusedAction(planned, planned.details?.problems);
  const body = {
    inputs: { input: request.input, ...(connection === undefined ? {} : { connection }) },
    execution_mode: "sync" as const,
    metadata: { action: request.action },
  };
  const { idempotencyKey, traceparent } = request;
  const outcome = await startPlanned(context, planned.value, { body, idempotencyKey, traceparent });
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "finished") return answerOf(outcome.value.record);
  return failure("TIMEOUT", "The action is still running. Its execution goes on.", {
    execution_id: outcome.value.executionId,
  });
}
