import type { Json } from "../json.ts";
import type { Argument, Call } from "./ast.ts";
import { type Code, literal } from "./code.ts";
import type { Compilation } from "./compilation.ts";
import { FUNCTIONS } from "./functions/all-functions.ts";
import type { FunctionRow } from "./functions/function-row.ts";
import { marked } from "./operators.ts";
import type { Read, Run } from "./run.ts";
import { TESTS } from "./tests.ts";
import { holdsSecret } from "./text-output.ts";
import { plain } from "./values.ts";

/** A call whose arguments stand in the order of the row's parameters. */
export interface BoundCall {
  row: FunctionRow;
  /** The first is left open in a filter: it is what is piped in. */
  args: (Code | undefined)[];
}

type Compile = (argument: Argument, lenient: boolean) => Code;

/** Finds the function and puts the arguments in order; undefined when there was a problem, which is then reported. */
export function bindCall(
  compilation: Compilation,
  call: Call,
  piped: boolean,
  compile: Compile,
): BoundCall | undefined {
  const { name, offset } = call;
  const row = FUNCTIONS.get(name);
  if (row === undefined) {
    const what = piped ? "filter" : "function";
    compilation.unknown(name, offset, `\`${name}\` is not a ${what}`, FUNCTIONS.keys());
    for (const argument of call.args) compile(argument, false);
    return undefined;
  }
  if (row.impure === true) compilation.impure = true;
  const places = placeArguments(compilation, row, call, piped);
  if (places === undefined) return undefined;
  const args = places.map((place, index) => {
    if (place === "piped") return undefined;
    if (place === undefined) return literal(row.parameters[index]?.default ?? null);
    return compile(place, index === 0 && row.looksAtMissing === true);
  });
  checkTestName(compilation, row, call, args[1]);
  return { row, args };
}

type Place = Argument | "piped" | undefined;

function placeArguments(compilation: Compilation, row: FunctionRow, call: Call, piped: boolean): Place[] | undefined {
  const complain = (offset: number, message: string): undefined => {
    compilation.report({ offset, length: call.name.length, message });
    return undefined;
  };
  const open = row.parameters.flatMap((parameter, index) => (parameter.keyword === true ? [] : [index]));
  const places: Place[] = [];
  let positional = 0;
  let extra = row.parameters.length;
  const positionals: Exclude<Place, undefined>[] = [
    ...(piped ? ["piped" as const] : []),
    ...call.args.filter((argument) => argument.name === undefined),
  ];
  for (const argument of positionals) {
    const index = open[positional] ?? (row.rest === true ? extra++ : undefined);
    if (index === undefined)
      return complain(
        argument === "piped" ? call.offset : argument.offset,
        `\`${row.name}\` takes at most ${open.length} arguments`,
      );
    places[index] = argument;
    positional += 1;
  }
  for (const argument of call.args) {
    if (argument.name === undefined) continue;
    const index = row.parameters.findIndex(
      ({ name, also }) => name === argument.name || also?.includes(argument.name ?? "") === true,
    );
    if (index < 0) return complain(argument.offset, `\`${row.name}\` has no argument named ${argument.name}`);
    if (places[index] !== undefined)
      return complain(argument.offset, `\`${row.name}\` was given ${argument.name} twice`);
    places[index] = argument;
  }
  const without = row.parameters.find(
    (parameter, index) => parameter.default === undefined && places[index] === undefined,
  );
  if (without !== undefined) return complain(call.offset, `\`${row.name}\` needs the argument ${without.name}`);
  return Array.from(places);
}

/** The test that `select` and `reject` name is known while compiling where it is written out. */
function checkTestName(compilation: Compilation, row: FunctionRow, call: Call, test: Code | undefined): void {
  if (row.parameters[1]?.name !== "test") return;
  const name = test?.folded?.value;
  if (typeof name === "string" && !TESTS.has(name))
    compilation.unknown(name, call.offset, `\`${name}\` is not a test`, TESTS.keys());
}

/** Calls the function, or marks the call where an argument is or holds a secret. */
export function invoke(run: Run, { row, args }: BoundCall, piped: Read): Json {
  run.spend(1);
  const values: Json[] = new Array(args.length);
  let secret = false;
  for (let i = 0; i < args.length; i += 1) {
    const code = args[i];
    const value = plain(code === undefined ? piped : code.read(run));
    secret ||= holdsSecret(run, value);
    values[i] = value;
  }
  return secret ? marked(row.name, values) : row.apply(values, run);
}

/** Depth of the value that a call gives, at most. */
export function callDepth({ row, args }: BoundCall, piped: number): number {
  return args.reduce((deepest, code) => Math.max(deepest, code?.depth ?? 0), piped) + (row.nests ?? 0);
}
