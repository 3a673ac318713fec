import type { Overrides } from "../../../contracts/api/overrides.ts";
import { pinKey } from "../../../engine/connector.ts";
import type { StepDefinition } from "../../../engine/definition/types.ts";
import { compileValue } from "../../../engine/expressions/index.ts";
import { isObject, type Json } from "../../../engine/json.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { pointerTo } from "../../../engine/source/tree.ts";
import { misplacedSecrets } from "../workflows/misplaced-secrets.ts";
import { stepsOf } from "../workflows/steps-of.ts";
import { durationMs } from "./duration-ms.ts";

type StepOverrides = NonNullable<Overrides["steps"]>;
type StepOverride = StepOverrides[string];

/** Kinds that hand their input to something. */
const WITH_INPUT: ReadonlySet<string> = new Set(["action", "transform", "subworkflow", "agent"]);

/** Of two maps the members of `over` win; anything else takes the place of what stood there. */
function inputOver(input: Json | undefined, over: Json): Json {
  return isObject(input) && isObject(over) ? { ...input, ...over } : over;
}

/** A name that the text of a template gets wrong would be null in the run: it is said now, as publishing says it. */
function unknownNames(value: Json, pointer: string, { definition }: PlanSource): Problem[] {
  const result = compileValue(value);
  if (!result.ok)
    return result.problems.map(({ message, suggestion, pointer: inner = "" }) => ({
      path: pointer + inner,
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    }));
  const known: Record<string, string[]> = {
    steps: [...stepsOf(definition)].map((step) => step.id),
    inputs: Object.keys(definition.inputs),
  };
  return result.compiled.references.flatMap(({ root, path: [name], pointer: inner = "" }): Problem[] => {
    const names = known[root] ?? [];
    if (name === undefined || names.length === 0 || names.includes(name)) return [];
    const suggestion = nearestName(name, names);
    const message = `there is no ${root === "steps" ? "step" : "input"} "${name}"`;
    return [{ path: pointer + inner, message, ...(suggestion === undefined ? {} : { suggestion }) }];
  });
}

function secretProblems(step: StepDefinition, pointer: string, { pins }: PlanSource): Problem[] {
  const pin = step.kind === "action" ? pins[pinKey(step.connector, step.action)] : undefined;
  const action = pin ?? { secretMembers: [] };
  return misplacedSecrets(step, action).map((place) => ({
    path: pointer + place,
    message: "A secret may not stand here: no schema marks this member as secret.",
  }));
}

/** What an override may not say of this step. */
function problemsOf(step: StepDefinition, over: StepOverride, pointer: string, source: PlanSource): Problem[] {
  const problems: Problem[] = [];
  if (over.timeout !== undefined && durationMs(over.timeout) < 1)
    problems.push({ path: `${pointer}/timeout`, message: '"timeout" must be more than 0.' });
  if (over.connection !== undefined) {
    const path = `${pointer}/connection`;
    if (step.kind === "action") problems.push(...unknownNames(over.connection, path, source));
    else problems.push({ path, message: `"${step.id}" calls no connector: it has no connection.` });
    if (misplacedSecrets({ input: over.connection }, {}).length > 0)
      problems.push({ path, message: "A secret may not stand here." });
  }
  if (over.input === undefined) return problems;
  const path = `${pointer}/input`;
  if (!WITH_INPUT.has(step.kind)) return [...problems, { path, message: `"${step.id}" takes no input.` }];
  const input = inputOver(step.input, over.input);
  return [...problems, ...unknownNames(over.input, path, source), ...secretProblems({ ...step, input }, path, source)];
}

/** Changes the steps of a definition of its own: `source` is a copy that nobody else sees. Answers what is wrong. */
export function overrideSteps(source: PlanSource, steps: StepOverrides, pointer: string): Problem[] {
  const byId = new Map([...stepsOf(source.definition)].map((step) => [step.id, step]));
  return Object.entries(steps).flatMap(([id, over]) => {
    const place = pointerTo(pointer, id);
    const step = byId.get(id);
    if (step === undefined) {
      const suggestion = nearestName(id, [...byId.keys()]);
      return [
        { path: place, message: `There is no step "${id}".`, ...(suggestion === undefined ? {} : { suggestion }) },
      ];
    }
    const problems = problemsOf(step, over, place, source);
    if (over.input !== undefined) step.input = inputOver(step.input, over.input);
    if (over.timeout !== undefined) step.timeoutMs = durationMs(over.timeout);
    if (over.connection !== undefined) step.connection = over.connection;
    return problems;
  });
}
