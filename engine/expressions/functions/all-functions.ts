import { ENCODING_FUNCTIONS } from "./encoding.ts";
import type { FunctionRow } from "./function-row.ts";
import { LIST_FUNCTIONS } from "./lists.ts";
import { MAP_FUNCTIONS } from "./maps.ts";
import { NUMBER_FUNCTIONS } from "./numbers.ts";
import { pickFunctions } from "./pick.ts";
import { TEXT_FUNCTIONS } from "./text.ts";
import { TIME_FUNCTIONS } from "./time.ts";

const rows: readonly FunctionRow[] = [
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...pickFunctions(pureFunction),
  ...MAP_FUNCTIONS,
  ...ENCODING_FUNCTIONS,
  ...TIME_FUNCTIONS,
];

/** Every function, by name; every function is a filter too (section 6). */
export const FUNCTIONS: ReadonlyMap<string, FunctionRow> = new Map(rows.map((row) => [row.name, row]));

/** What `map` may apply: a function whose result depends on its arguments alone. */
function pureFunction(name: string): FunctionRow | undefined {
  const row = FUNCTIONS.get(name);
  return row?.impure === true ? undefined : row;
}
