import { isObject, type Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import type { Run } from "../run.ts";
import { TESTS } from "../tests.ts";
import { equalsIn, truthy } from "../values.ts";
import { asList, asText } from "./arguments.ts";
import type { Arguments, FunctionRow } from "./function-row.ts";
import { itemMember, lookInside } from "./item-member.ts";

type Lookup = (name: string) => FunctionRow | undefined;

const value = { name: "value" };

/** Whether the name means a member of these items: one of them has it, or no function is called so. */
function namesMember(run: Run, items: readonly Json[], name: Json): boolean {
  return items.some((item) => isObject(item) && lookInside(run, item, name, "map") !== undefined);
}

function map(run: Run, [list, name, attribute, otherwise, ...rest]: Arguments, lookup: Lookup): Json[] {
  const items = asList(list, "map", run);
  const picked = attribute ?? name ?? null;
  const row = attribute === undefined || attribute === null ? lookup(asText(picked, "map")) : undefined;
  if (row !== undefined && !namesMember(run, items, picked)) {
    const needed = row.parameters.filter((parameter) => parameter.default === undefined).length;
    if (needed > rest.length + 1) throw new ExpressionError(`map needs ${needed - 1} arguments for ${row.name}`);
    return items.map((item) => row.apply([item, ...rest], run));
  }
  return items.map((item) =>
    otherwise === undefined || otherwise === null
      ? itemMember(run, item, picked, "map")
      : (lookInside(run, item, picked, "map") ?? otherwise),
  );
}

function tested(run: Run, [list, name, argument]: Arguments, wanted: boolean, what: string): Json[] {
  const items = asList(list, what, run);
  if (name === undefined || name === null) return items.filter((item) => truthy(item) === wanted);
  const test = TESTS.get(asText(name, what));
  if (test === undefined) throw new ExpressionError(`${what} knows no test ${asText(name, what)}`);
  return items.filter((item) => test.apply(item, argument ?? null, run, item) === wanted);
}

function filter(run: Run, [list, attribute, wanted]: Arguments): Json[] {
  return asList(list, "filter", run).filter((item) => {
    const member = itemMember(run, item, attribute ?? null, "filter");
    return wanted === undefined ? truthy(member) : equalsIn(run, member, wanted);
  });
}

/** The functions that apply a member, a function or a test to each item; `lookup` finds the function that `map` names. */
export function pickFunctions(lookup: Lookup): readonly FunctionRow[] {
  return [
    {
      name: "map",
      summary:
        "list of the items' member, or of a function's results: `map('name')`, `map('upper')`, `map(attribute='a.b', default=0)`",
      parameters: [
        value,
        { name: "name", default: null },
        { name: "attribute", default: null, keyword: true },
        { name: "default", default: null, keyword: true },
      ],
      rest: true,
      nests: 2,
      apply: (args, run) => map(run, args, lookup),
    },
    {
      name: "filter",
      summary: "list of the items whose member equals the value, or is true without one: `filter('status', 'open')`",
      parameters: [value, { name: "attribute" }, { name: "equals", default: null }],
      apply: (args, run) => filter(run, args),
    },
    {
      name: "select",
      summary: "list of the items that pass a test, or are true without one: `select('gt', 3)`",
      parameters: [value, { name: "test", default: null }, { name: "argument", default: null }],
      apply: (args, run) => tested(run, args, true, "select"),
    },
    {
      name: "reject",
      summary: "list of the items that fail a test, or are false without one",
      parameters: [value, { name: "test", default: null }, { name: "argument", default: null }],
      apply: (args, run) => tested(run, args, false, "reject"),
    },
    {
      name: "default",
      summary: "the value, or the fallback where it is missing or null; with `true`, where it is false in any way",
      parameters: [
        value,
        { name: "fallback", default: "", also: ["default_value"] },
        { name: "boolean", default: false },
      ],
      looksAtMissing: true,
      apply: ([given, fallback, boolean]) => {
        const keeps = boolean === true ? truthy(given) : given !== null && given !== undefined;
        return (keeps ? given : (fallback ?? "")) ?? null;
      },
    },
  ];
}
