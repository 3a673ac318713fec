import type { Client } from "./client.ts";
import { INPUT_TYPES, INPUTS } from "./expression-table.ts";
import { isMap, type Json, type JsonMap } from "./json.ts";

/** What became of one template: its value, or in which way it was refused or failed. */
export type Outcome = { value: Json } | { refused: Json } | { failed: Json };

/** A workflow with one cheap step and these templates as its outputs. */
export function definitionOf(outputs: JsonMap): JsonMap {
  return {
    name: "Outside expressions",
    inputs: INPUT_TYPES,
    steps: [{ id: "sum", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 2, b: 3 } }],
    outputs,
  };
}

/** Evaluates templates together; when one spoils the rest, halves the batch until it stands alone. */
export async function evaluate(api: Client, templates: readonly Json[]): Promise<Outcome[]> {
  if (templates.length === 0) return [];
  const outputs = Object.fromEntries(templates.map((template, at) => [`o${at}`, template]));
  const answer = await api.start({
    definition: definitionOf(outputs),
    inputs: INPUTS,
    execution_mode: "sync",
    timeout: 60,
  });
  const body = isMap(answer.body) ? answer.body : {};
  if (answer.status === 200 && isMap(body.result) && isMap(body.result.outputs)) {
    const values = body.result.outputs;
    return templates.map((_template, at) => {
      const value = values[`o${at}`];
      return value === undefined ? { failed: `no output o${at} in ${answer.text}` } : { value };
    });
  }
  if (templates.length === 1) {
    return [answer.status === 200 ? { failed: body.error ?? answer.text } : { refused: body }];
  }
  const half = Math.ceil(templates.length / 2);
  return [...(await evaluate(api, templates.slice(0, half))), ...(await evaluate(api, templates.slice(half)))];
}
