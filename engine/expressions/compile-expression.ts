import type { Json, JsonObject } from "../json.ts";
import type { CompareOperator, Expression } from "./ast.ts";
import { type Code, literal, over, type Reader } from "./code.ts";
import type { Compilation } from "./compilation.ts";
import { type BoundCall, bindCall, callDepth, invoke } from "./compile-call.ts";
import { compileName, keysOf, readPath } from "./compile-path.ts";
import { ExpressionError } from "./expression-error.ts";
import { arithmetic, compare, finite } from "./operators.ts";
import type { Read, Run } from "./run.ts";
import { TESTS } from "./tests.ts";
import { TextOutput } from "./text-output.ts";
import { kindOf, plain, put, refuseSecret, textOf, truthy } from "./values.ts";

/** Compiles one node. `lenient`: its value may be missing even under strict (`default`, `is defined`). */
export function compileNode(compilation: Compilation, node: Expression, lenient = false): Code {
  return compilation.fold(compileKind(compilation, node, lenient), offsetOf(node));
}

/** Where a problem of the node's value is shown: its first name, else the beginning of the text. */
function offsetOf(node: Expression): number {
  return "offset" in node ? node.offset : node.kind === "call" ? node.call.offset : 0;
}

function compileKind(compilation: Compilation, node: Expression, lenient: boolean): Code {
  const compile = (child: Expression): Code => compileNode(compilation, child);
  switch (node.kind) {
    case "literal":
      return literal(node.value);
    case "name":
      return compileName(compilation, node.name, node.offset, [], lenient);
    case "path": {
      const keys = keysOf(node.keys, compile);
      if (node.base.kind === "name") return compileName(compilation, node.base.name, node.base.offset, keys, lenient);
      return readPath(compile(node.base), keys, "the value", lenient);
    }
    case "list":
      return listOf(node.items.map(compile));
    case "map":
      return mapOf(
        compilation,
        node.entries.map(({ key, value, offset }) => ({ key: compile(key), value: compile(value), offset })),
      );
    case "call":
      return compileCall(compilation, node, (child, missing) => compileNode(compilation, child, missing));
    case "pipe":
      return compilePipe(compilation, node);
    case "negate":
      return negated(compile(node.operand));
    case "not": {
      const operand = compile(node.operand);
      return over([operand], (run) => !truthy(counted(run, operand)));
    }
    case "arithmetic":
      return calculation(
        compile(node.first),
        node.rest.map(({ operator, operand }) => ({ operator, code: compile(operand) })),
      );
    case "join":
      return joined(node.parts.map(compile));
    case "compare":
      return comparison(
        compile(node.first),
        node.rest.map(({ operator, operand }) => ({ operator, code: compile(operand) })),
      );
    case "test":
      return compileTest(compilation, node);
    case "logic":
      return logic(node.operator === "or", node.operands.map(compile));
    case "choice": {
      const [condition, then, otherwise] = [compile(node.condition), compile(node.then), compile(node.otherwise)];
      return over([condition, then, otherwise], (run) =>
        truthy(counted(run, condition)) ? then.read(run) : otherwise.read(run),
      );
    }
    default:
      return node satisfies never;
  }
}

function counted(run: Run, code: Code): Read {
  run.spend(1);
  return code.read(run);
}

function listOf(items: readonly Code[]): Code {
  const read = (run: Run): Json[] => {
    run.spend(1);
    const list: Json[] = new Array(items.length);
    for (let i = 0; i < items.length; i += 1) list[i] = plain(items[i]?.read(run));
    return list;
  };
  return over(items, read, 1);
}

function mapOf(compilation: Compilation, entries: readonly { key: Code; value: Code; offset: number }[]): Code {
  for (const { key, offset } of entries) {
    const name = key.folded?.value;
    if (name === "__proto__" || name === "$secret")
      compilation.report({ offset, length: name.length, message: `A map cannot have a member named ${name}` });
  }
  const read = (run: Run): JsonObject => {
    run.spend(1);
    const map: JsonObject = {};
    for (const { key, value } of entries) put(map, asName(key.read(run)), plain(value.read(run)));
    return map;
  };
  return over(
    entries.flatMap(({ key, value }) => [key, value]),
    read,
    1,
  );
}

function asName(key: Read): string {
  refuseSecret(key, "as a key");
  if (typeof key === "string" || typeof key === "number" || typeof key === "boolean") return textOf(key, 100);
  throw new ExpressionError(`The name of a member is text, not ${kindOf(key)}`);
}

function compileCall(
  compilation: Compilation,
  node: Extract<Expression, { kind: "call" }>,
  compile: (child: Expression, lenient: boolean) => Code,
): Code {
  const bound = bindCall(compilation, node.call, false, ({ value }, lenient) => compile(value, lenient));
  if (bound === undefined) return literal(null);
  const code = over(
    bound.args.filter((arg) => arg !== undefined),
    (run) => invoke(run, bound, undefined),
  );
  return { ...code, constant: code.constant && bound.row.impure !== true, depth: callDepth(bound, 0) };
}

function compilePipe(compilation: Compilation, node: Extract<Expression, { kind: "pipe" }>): Code {
  const stages: (BoundCall | undefined)[] = node.calls.map((call) =>
    bindCall(compilation, call, true, ({ value }, lenient) => compileNode(compilation, value, lenient)),
  );
  const bound = stages.filter((stage) => stage !== undefined);
  const base = compileNode(compilation, node.base, stages[0]?.row.looksAtMissing === true);
  const read: Reader = (run) => {
    let value = base.read(run);
    for (const stage of bound) value = invoke(run, stage, value);
    return value;
  };
  const code = over([base, ...bound.flatMap(({ args }) => args.filter((arg) => arg !== undefined))], read);
  const pure = bound.every(({ row }) => row.impure !== true);
  return {
    ...code,
    constant: code.constant && pure,
    depth: bound.reduce((depth, stage) => callDepth(stage, depth), base.depth),
  };
}

function negated(operand: Code): Code {
  return over([operand], (run) => {
    const value = plain(counted(run, operand));
    if (typeof value !== "number") throw new ExpressionError(`\`-\` needs a number, not ${kindOf(value)}`);
    return finite(-value, "`-`");
  });
}

function calculation(first: Code, rest: readonly { operator: Parameters<typeof arithmetic>[1]; code: Code }[]): Code {
  const read = (run: Run): Json => {
    let value = plain(first.read(run));
    for (const { operator, code } of rest) {
      run.spend(1);
      value = arithmetic(run, operator, value, plain(code.read(run)));
    }
    return value;
  };
  return over([first, ...rest.map(({ code }) => code)], read);
}

function joined(parts: readonly Code[]): Code {
  const code = over(parts, (run) => {
    const output = new TextOutput();
    for (const part of parts) output.add(run, counted(run, part));
    return output.finish();
  });
  return { ...code, depth: 0 };
}

function comparison(first: Code, rest: readonly { operator: CompareOperator; code: Code }[]): Code {
  const code = over([first, ...rest.map(({ code }) => code)], (run) => {
    let left = plain(first.read(run));
    for (const { operator, code } of rest) {
      run.spend(1);
      const right = plain(code.read(run));
      if (!compare(run, operator, left, right)) return false;
      left = right;
    }
    return true;
  });
  return { ...code, depth: 0 };
}

function logic(stopsAt: boolean, operands: readonly Code[]): Code {
  const last = operands.length - 1;
  return over(operands, (run) => {
    let value: Read;
    for (let i = 0; i <= last; i += 1) {
      run.spend(1);
      value = operands[i]?.read(run);
      if (i < last && truthy(value) === stopsAt) return value;
    }
    return value;
  });
}

function compileTest(compilation: Compilation, node: Extract<Expression, { kind: "test" }>): Code {
  const row = TESTS.get(node.name);
  if (row === undefined) {
    compilation.unknown(node.name, node.offset, `\`${node.name}\` is not a test`, TESTS.keys());
    return literal(false);
  }
  const operand = compileNode(compilation, node.operand, row.looksAtMissing === true);
  const argument = node.argument === undefined ? literal(null) : compileNode(compilation, node.argument);
  const code = over([operand, argument], (run) => {
    const value = counted(run, operand);
    refuseSecret(value, "in a condition");
    return row.apply(plain(value), plain(argument.read(run)), run, value) !== node.negated;
  });
  return { ...code, depth: 0 };
}
