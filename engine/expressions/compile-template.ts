import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Statement } from "./ast.ts";
import type { Inherited } from "./bindings.ts";
import { type Code, literal } from "./code.ts";
import type { Compilation } from "./compilation.ts";
import { compileNode } from "./compile-expression.ts";
import { ExpressionError } from "./expression-error.ts";
import { utf8Length } from "./limits.ts";
import type { Run } from "./run.ts";
import { TextOutput } from "./text-output.ts";
import { kindOf, plain, refuseSecret, truthy } from "./values.ts";

type Emit = (run: Run, output: TextOutput) => void;

/** Compiles a parsed template to the code that produces its text. */
export function compileStatements(compilation: Compilation, statements: readonly Statement[]): Code {
  const emit = compileBody(compilation, statements);
  const begin = initialise(compilation.bindings.leave());
  const only = statements[0];
  if (statements.length === 0) return literal("");
  if (statements.length === 1 && only?.kind === "text") return literal(only.text);
  return {
    read: (run) => {
      const output = new TextOutput();
      begin(run);
      emit(run, output);
      return output.finish();
    },
    constant: false,
    depth: 0,
  };
}

function compileBody(compilation: Compilation, statements: readonly Statement[]): Emit {
  const emits = statements.map((statement) => compileStatement(compilation, statement));
  return (run, output) => {
    for (const emit of emits) emit(run, output);
  };
}

function compileStatement(compilation: Compilation, statement: Statement): Emit {
  switch (statement.kind) {
    case "text":
      return textEmit(statement.text);
    case "output": {
      const { read } = compileNode(compilation, statement.value);
      return (run, output) => output.add(run, read(run));
    }
    case "set": {
      const value = compileNode(compilation, statement.value);
      const slot = compilation.bindings.assign(statement.target.name, value.depth);
      return (run) => {
        run.spend(1);
        run.locals[slot] = value.read(run);
      };
    }
    case "if":
      return compileIf(compilation, statement);
    case "for":
      return compileFor(compilation, statement);
    default:
      return statement satisfies never;
  }
}

function textEmit(text: string): Emit {
  const bytes = utf8Length(text);
  return (run, output) => output.write(run, text, bytes);
}

function compileIf(compilation: Compilation, statement: Extract<Statement, { kind: "if" }>): Emit {
  const branches = statement.branches.map(({ condition, body }) => ({
    condition: compileNode(compilation, condition),
    emit: compileBody(compilation, body),
  }));
  const otherwise = compileBody(compilation, statement.otherwise);
  return (run, output) => {
    for (const { condition, emit } of branches) {
      run.spend(1);
      if (truthy(condition.read(run))) return emit(run, output);
    }
    otherwise(run, output);
  };
}

function compileFor(compilation: Compilation, statement: Extract<Statement, { kind: "for" }>): Emit {
  const { bindings } = compilation;
  const items = compileNode(compilation, statement.items);
  bindings.enter();
  const slots = statement.targets.map(({ name }) => bindings.declare(name));
  for (const slot of slots) bindings.deepen(slot, items.depth);
  const loop = bindings.declare("loop");
  const first = bindings.count;
  const emit = compileBody(compilation, statement.body);
  const end = bindings.count;
  const begin = initialise(bindings.leave());
  const otherwise = compileBody(compilation, statement.otherwise);
  const offset = slots[0] ?? 0;
  return (run, output) => {
    const list = iterated(run, plain(items.read(run)), slots.length);
    if (list.length === 0) return otherwise(run, output);
    for (let i = 0; i < list.length; i += 1) {
      run.spend(1);
      run.locals.fill(undefined, first, end);
      bind(run, list[i] ?? null, offset, slots.length);
      run.locals[loop] = loopOf(i, list.length);
      begin(run);
      emit(run, output);
    }
  };
}

/** Locals that shadow something begin with its value; the shadowed stands in a lower slot and is already there. */
function initialise(inherited: readonly Inherited[]): (run: Run) => void {
  return (run) => {
    for (const { slot, from } of inherited) run.locals[slot] = run.locals[from];
  };
}

function loopOf(index: number, length: number): JsonObject {
  return { index: index + 1, index0: index, first: index === 0, last: index === length - 1, length };
}

/** What a `for` goes over: a list; a map's keys, or its pairs for two names; a text's characters; nothing for null. */
function iterated(run: Run, value: Json, names: number): readonly Json[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  refuseSecret(value, "in a loop");
  if (isObject(value)) {
    run.spend(Object.keys(value).length);
    return names === 2 ? Object.entries(value) : Object.keys(value);
  }
  if (typeof value !== "string") throw new ExpressionError(`\`for\` needs a list, a map or text, not ${kindOf(value)}`);
  run.spend(1 + (value.length >> 6));
  return Array.from(value);
}

/** Gives the loop's names their values; several names take an item apart. Their slots follow each other. */
function bind(run: Run, item: Json, offset: number, names: number): void {
  if (names === 1) {
    run.locals[offset] = item;
    return;
  }
  if (!Array.isArray(item) || item.length !== names)
    throw new ExpressionError(`\`for\` with ${names} names needs lists of ${names} items to take apart`);
  for (const [index, part] of item.entries()) run.locals[offset + index] = part;
}
