import { isObject, type Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import { includes } from "../operators.ts";
import type { Run } from "../run.ts";
import { kindOf } from "../values.ts";
import { asBoolean, asInteger, asList, asMap, asText } from "./arguments.ts";
import type { FunctionRow } from "./function-row.ts";
import { identityOf } from "./identity-of.ts";
import { itemMember } from "./item-member.ts";
import { inOrder } from "./order.ts";

const value = { name: "value" };
const attribute = { name: "attribute", default: null };

/** A list as it is, a text as its characters. */
function sequence(from: Json | undefined, what: string, run: Run): readonly Json[] {
  if (typeof from !== "string") return asList(from, what, run);
  run.spend(1 + (from.length >> 6));
  return Array.from(from);
}

/** A sequence put back into what it came from. */
function likewise(from: Json | undefined, items: readonly Json[], run: Run): Json {
  return typeof from === "string" ? run.produced(items.join("")) : [...items];
}

function length(from: Json | undefined, run: Run): number {
  if (typeof from === "string") return sequence(from, "length", run).length;
  if (Array.isArray(from)) return from.length;
  if (isObject(from)) return Object.keys(asMap(from, "length", run)).length;
  if (from === null || from === undefined) return 0;
  throw new ExpressionError(`length needs a list, a map or text, not ${kindOf(from)}`);
}

/** The end of a sequence that `first` and `last` look at, without walking the rest. */
function end(from: Json | undefined, at: 0 | -1, what: string, run: Run): Json {
  const items = Array.isArray(from) ? from : sequence(from, what, run);
  return items.at(at) ?? null;
}

/** What each item is ordered or told apart by. */
function by(run: Run, item: Json, name: Json | undefined, what: string): Json {
  return name === undefined || name === null ? item : itemMember(run, item, name, what);
}

function sort(run: Run, items: readonly Json[], name: Json | undefined, descending: boolean): Json[] {
  const sign = descending ? -1 : 1;
  const keyed = items.map((item) => ({ item, key: by(run, item, name, "sort") }));
  return keyed.sort((a, b) => sign * inOrder(run, a.key, b.key, "sort")).map(({ item }) => item);
}

function unique(run: Run, items: readonly Json[], name: Json | undefined): Json[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const identity = identityOf(run, by(run, item, name, "unique"));
    return seen.has(identity) ? false : seen.add(identity);
  });
}

function groupby(run: Run, items: readonly Json[], name: Json | undefined): Json[] {
  const groups = new Map<string, { key: Json; items: Json[] }>();
  for (const item of items) {
    const key = itemMember(run, item, name ?? null, "groupby");
    const identity = identityOf(run, key);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, { key, items: [item] });
    else group.items.push(item);
  }
  return [...groups.values()].map(({ key, items }) => ({ key, items }));
}

export const LIST_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: "length",
    summary: "number of items, members or characters; 0 of null",
    parameters: [value],
    apply: ([from], run) => length(from, run),
  },
  {
    name: "contains",
    summary: "whether a list has an equal item, a map the key, text the part",
    parameters: [value, { name: "item" }],
    apply: ([from, item], run) => includes(run, from ?? null, item ?? null),
  },
  {
    name: "first",
    summary: "first item or character; null when empty",
    parameters: [value],
    apply: ([from], run) => end(from, 0, "first", run),
  },
  {
    name: "last",
    summary: "last item or character; null when empty",
    parameters: [value],
    apply: ([from], run) => end(from, -1, "last", run),
  },
  {
    name: "slice",
    summary: "items or characters from `start` up to, not including, `end`; negative ones count from the end",
    parameters: [value, { name: "start", default: 0 }, { name: "end", default: null }],
    apply: ([from, start, stop], run) => {
      const to = stop === undefined || stop === null ? undefined : asInteger(stop, "slice");
      return likewise(from, sequence(from, "slice", run).slice(asInteger(start ?? 0, "slice"), to), run);
    },
  },
  {
    name: "reverse",
    summary: "list or text from its end to its beginning",
    parameters: [value],
    apply: ([from], run) => likewise(from, sequence(from, "reverse", run).toReversed(), run),
  },
  {
    name: "sort",
    summary: "list in order (null, booleans, numbers, texts), by the member `attribute`, descending with `reverse`",
    parameters: [value, attribute, { name: "reverse", default: false }],
    apply: ([from, name, descending], run) => sort(run, asList(from, "sort", run), name, asBoolean(descending, "sort")),
  },
  {
    name: "unique",
    summary: "list without repeated items, or without items whose member `attribute` repeats; the first stays",
    parameters: [value, attribute],
    apply: ([from, name], run) => unique(run, asList(from, "unique", run), name),
  },
  {
    name: "groupby",
    summary: "list of `{key, items}`, one for each value of the member, in order of appearance",
    parameters: [value, { name: "attribute" }],
    nests: 2,
    apply: ([from, name], run) => groupby(run, asList(from, "groupby", run), asText(name, "groupby")),
  },
];
