import type { Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import { utf8Length } from "../limits.ts";
import type { Run } from "../run.ts";
import { jsonText, plain, textOf } from "../values.ts";
import { asInteger, asList, asText } from "./arguments.ts";
import type { FunctionRow } from "./function-row.ts";
import { itemMember } from "./item-member.ts";

const value = { name: "value" };

/** Words as Jinja's `title` sees them: they begin after a blank, a hyphen or an opening bracket. */
function title(text: string): string {
  let begins = true;
  let result = "";
  for (const character of text) {
    result += begins ? character.toUpperCase() : character.toLowerCase();
    begins = /[-\s({[<]/.test(character);
  }
  return result;
}

function trim(text: string, characters: string): string {
  const unwanted = new Set(characters);
  const all = Array.from(text);
  let from = 0;
  let to = all.length;
  while (from < to && unwanted.has(all[from] ?? "")) from += 1;
  while (to > from && unwanted.has(all[to - 1] ?? "")) to -= 1;
  return all.slice(from, to).join("");
}

function replace(run: Run, text: string, old: string, by: string, most: number): string {
  if (old === "") throw new ExpressionError("replace needs a text to look for that is not empty");
  run.spend(text.length >> 10);
  const pieces: string[] = [];
  let from = 0;
  for (let at = text.indexOf(old); at >= 0 && pieces.length < most; at = text.indexOf(old, from)) {
    run.spend(1);
    pieces.push(text.slice(from, at));
    from = at + old.length;
  }
  pieces.push(text.slice(from));
  run.spendText(utf8Length(by) * (pieces.length - 1));
  run.spendText(pieces.reduce((bytes, piece) => bytes + utf8Length(piece), 0));
  return pieces.join(by);
}

function split(run: Run, text: string, separator: Json | undefined): string[] {
  if (separator === undefined || separator === null) {
    run.spend(1 + (text.length >> 2));
    return text.split(/\s+/).filter((word) => word !== "");
  }
  const by = asText(separator, "split");
  run.spend(by === "" ? text.length : 1 + (text.length >> 10));
  const parts = by === "" ? Array.from(text) : text.split(by);
  run.spend(parts.length);
  return parts;
}

function join(run: Run, items: readonly Json[], separator: string, attribute: Json | undefined): string {
  let text = "";
  for (const [index, item] of items.entries()) {
    const member = attribute === undefined || attribute === null ? item : itemMember(run, item, attribute, "join");
    text += run.produced((index === 0 ? "" : separator) + textOf(plain(member), run.textLeft));
  }
  return text;
}

export const TEXT_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: "upper",
    summary: "text in upper case",
    parameters: [value],
    apply: ([text], run) => run.produced(asText(text, "upper").toUpperCase()),
  },
  {
    name: "lower",
    summary: "text in lower case",
    parameters: [value],
    apply: ([text], run) => run.produced(asText(text, "lower").toLowerCase()),
  },
  {
    name: "title",
    summary: "every word with a capital, the rest in lower case",
    parameters: [value],
    apply: ([text], run) => run.produced(title(asText(text, "title"))),
  },
  {
    name: "trim",
    summary: "text without blanks at its ends, or without any of the given characters there",
    parameters: [value, { name: "characters", default: null, also: ["chars"] }],
    apply: ([text, characters], run) => {
      const from = asText(text, "trim");
      run.spend(from.length >> 10);
      return run.produced(
        characters === undefined || characters === null ? from.trim() : trim(from, asText(characters, "trim")),
      );
    },
  },
  {
    name: "split",
    summary: "list of the parts between separators; by blanks without one, into characters by an empty one",
    parameters: [value, { name: "separator", default: null }],
    nests: 1,
    apply: ([text, separator], run) => split(run, asText(text, "split"), separator),
  },
  {
    name: "join",
    summary: "one text of a list's items, or of their member `attribute`, with the separator between",
    parameters: [value, { name: "separator", default: "", also: ["d"] }, { name: "attribute", default: null }],
    apply: ([items, separator, attribute], run) =>
      join(run, asList(items, "join", run), asText(separator, "join"), attribute),
  },
  {
    name: "replace",
    summary: "text with every occurrence, or the first `count`, of a part replaced",
    parameters: [value, { name: "old" }, { name: "new" }, { name: "count", default: null }],
    apply: ([text, old, by, count], run) => {
      const most = count === undefined || count === null ? Number.POSITIVE_INFINITY : asInteger(count, "replace");
      return replace(run, asText(text, "replace"), asText(old, "replace"), asText(by, "replace"), most);
    },
  },
  {
    name: "startsWith",
    summary: "whether text begins with a part",
    parameters: [value, { name: "part" }],
    apply: ([text, part]) => asText(text, "startsWith").startsWith(asText(part, "startsWith")),
  },
  {
    name: "endsWith",
    summary: "whether text ends with a part",
    parameters: [value, { name: "part" }],
    apply: ([text, part]) => asText(text, "endsWith").endsWith(asText(part, "endsWith")),
  },
  {
    name: "string",
    summary: "the value as it reads in text",
    parameters: [value],
    apply: ([any], run) => (typeof any === "string" ? any : run.produced(textOf(any, run.textLeft))),
  },
  {
    name: "json",
    summary: "JSON text, compact or indented by `indent` blanks",
    parameters: [value, { name: "indent", default: 0 }],
    apply: ([any, indent], run) =>
      run.produced(jsonText(any ?? null, run.textLeft, Math.max(0, Math.min(10, asInteger(indent ?? 0, "json"))))),
  },
];
