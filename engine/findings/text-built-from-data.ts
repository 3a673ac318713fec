import type { Expression } from "../expressions/ast.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { pointerTo } from "../source/tree.ts";
import { type ExpressionShape, shapeOf } from "./expression-shape.ts";
import { typesOfExpression } from "./expression-types.ts";
import { type Finding, type FindingRule, findingAt } from "./finding.ts";
import { memberSchemas } from "./step-output-schema.ts";
import type { Subject } from "./subject.ts";

type Interpreter = "SQL" | "a shell" | "a script";

const BY_NAME: Readonly<Record<string, Interpreter>> = {
  sql: "SQL",
  query: "SQL",
  statement: "SQL",
  command: "a shell",
  cmd: "a shell",
  shell: "a shell",
  script: "a script",
};

/** Names that other things have too: a search is a query. What stands there must read like SQL. */
const ALSO_OTHER: ReadonlySet<string> = new Set(["query", "statement"]);
const SQL =
  /\b(select\b[\s\S]*\bfrom|insert\s+into|update\b[\s\S]*\bset|delete\s+from|drop\s+table|create\s+table|alter\s+table|merge\s+into|truncate\s+table|call\s+\w+\s*\(|exec(ute)?\s+\w+|where\b[\s\S]*[=<>])/i;

/** How much of a text is searched: the pattern may go over it again and again. */
const LOOKED_AT = 4_000;

/** Roots that hold what somebody else has written. */
const FOREIGN: ReadonlySet<string> = new Set(["inputs", "trigger", "steps", "item", "input", "error"]);
const HARMLESS: ReadonlySet<string> = new Set(["boolean", "integer", "number", "null"]);

/** SQL, shell commands and scripts that are put together with data of the run: what the data says would be carried out. */
export const textBuiltFromData: FindingRule = function* (subject) {
  for (const step of subject.steps) {
    if (step.kind !== "action" || step.input === undefined) continue;
    const pointer = subject.pointerOf(step.id, ["input", "with", "inputs"]);
    yield* inValue(subject, step.input, subject.pinOf(step)?.input, "", pointer);
  }
};

function* inValue(
  subject: Subject,
  value: Json,
  schema: Json | undefined,
  name: string,
  pointer: string,
): Generator<Finding> {
  if (typeof value === "string") yield* inText(subject, value, isObject(schema) ? schema : {}, name, pointer);
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) {
      // Items of a list are arguments of their own, but for the one that a shell is told to carry out.
      const script = typeof value[index - 1] === "string" && /^[-/]l?[ce]$/.test(String(value[index - 1]));
      const inner = isObject(schema) ? schema.items : undefined;
      yield* inValue(subject, item, inner, script ? name : "", pointerTo(pointer, index));
    }
  else if (isObject(value))
    for (const [key, item] of Object.entries(value))
      yield* inValue(
        subject,
        item,
        isObject(schema) ? memberSchemas(schema)[key] : undefined,
        key,
        pointerTo(pointer, key),
      );
}

function* inText(
  subject: Subject,
  text: string,
  schema: JsonObject,
  name: string,
  pointer: string,
): Generator<Finding> {
  if (!/\{[{%]/.test(text)) return;
  const interpreter = interpreterOf(text, schema, name.toLowerCase());
  if (interpreter === undefined) return;
  const foreign = builtFrom(subject, shapeOf(text));
  if (foreign === undefined) return;
  yield findingAt(subject, pointer, {
    code: interpreter === "SQL" ? "sql-built-from-data" : "command-built-from-data",
    severity: "warning",
    message: `this puts ${foreign} into text for ${interpreter}: whoever chooses that value chooses what is carried out`,
    suggestion:
      interpreter === "SQL"
        ? "write placeholders in the statement and pass the values in a member for parameters"
        : "pass the values as arguments of their own or in the environment, not in the text",
  });
}

function interpreterOf(text: string, schema: JsonObject, name: string): Interpreter | undefined {
  const hint = [schema.format, schema.contentMediaType, schema["x-language"], schema["x-format"]]
    .join(" ")
    .toLowerCase();
  if (/\bsql\b/.test(hint)) return "SQL";
  if (/\b(shell|bash|sh|x-sh)\b/.test(hint)) return "a shell";
  const byName = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  const described = typeof schema.description === "string" ? schema.description : "";
  if (byName === undefined) return /\bSQL (query|statement|text)\b/i.test(described) ? "SQL" : undefined;
  return ALSO_OTHER.has(name) && !SQL.test(text.slice(0, LOOKED_AT)) && !/\bSQL\b/.test(described) ? undefined : byName;
}

/** The first foreign value that stands in text with something around it, in the file's words. */
function builtFrom(subject: Subject, shape: ExpressionShape): string | undefined {
  const pieces = shape.kind === "value" ? joined(shape.expression) : shape.statements.flatMap(outputs);
  return pieces.map((piece) => foreignIn(subject, piece)).find((found) => found !== undefined);
}

/** `"SELECT …" ~ inputs.x`: the parts of a text that an expression joins. */
function joined(expression: Expression): Expression[] {
  const parts =
    expression.kind === "join"
      ? expression.parts
      : expression.kind === "arithmetic" && expression.rest.every(({ operator }) => operator === "+")
        ? [expression.first, ...expression.rest.map(({ operand }) => operand)]
        : [];
  return parts.some((part) => part.kind === "literal" && typeof part.value === "string") ? parts : [];
}

type Piece = Extract<ExpressionShape, { kind: "text" }>["statements"][number];

function outputs(statement: Piece): Expression[] {
  if (statement.kind === "output") return [statement.value];
  if (statement.kind === "if")
    return [...statement.branches.flatMap(({ body }) => body), ...statement.otherwise].flatMap(outputs);
  return statement.kind === "for" ? [statement.items, ...statement.body.flatMap(outputs)] : [];
}

function foreignIn(subject: Subject, expression: Expression): string | undefined {
  const types = typesOfExpression(subject, expression);
  if (types !== undefined && [...types].every((type) => HARMLESS.has(type))) return undefined;
  if (expression.kind === "name") return FOREIGN.has(expression.name) ? expression.name : undefined;
  if (expression.kind === "path") {
    const root = foreignIn(subject, expression.base);
    const fixed = expression.keys.flatMap((key) => ("fixed" in key ? [String(key.fixed)] : []));
    return root && [root, ...fixed].join(".");
  }
  if (expression.kind === "pipe") return foreignIn(subject, expression.base);
  if (expression.kind === "call")
    return expression.call.args.map(({ value }) => foreignIn(subject, value)).find(Boolean);
  if (expression.kind === "join") return expression.parts.map((part) => foreignIn(subject, part)).find(Boolean);
  if (expression.kind === "logic") return expression.operands.map((part) => foreignIn(subject, part)).find(Boolean);
  return expression.kind === "choice"
    ? (foreignIn(subject, expression.then) ?? foreignIn(subject, expression.otherwise))
    : undefined;
}
