import type { RandomSource } from "./random-source.ts";

/** Names of variables by the kind of value they hold in the differential test's data. */
export interface Names {
  number: readonly [string, ...string[]];
  text: readonly [string, ...string[]];
  flag: readonly [string, ...string[]];
  numbers: readonly [string, ...string[]];
  texts: readonly [string, ...string[]];
  records: readonly [string, ...string[]];
}

/**
 * Makes templates of the subset that this language and Jinja share (docs/design/expressions-differential.md): every
 * expression has a kind, so that none fails in one and converts in the other.
 */
export class RandomTemplate {
  private readonly random: RandomSource;
  private readonly names: Names;

  constructor(random: RandomSource, names: Names) {
    this.random = random;
    this.names = names;
  }

  template(): string {
    return this.random
      .times(3, () => this.statement(this.names, 2))
      .concat(this.statement(this.names, 2))
      .join("");
  }

  private statement(names: Names, depth: number): string {
    const { random } = this;
    const body = (inner: Names): string =>
      random
        .times(2, () => this.statement(inner, depth - 1))
        .concat(this.output(inner))
        .join("");
    const shapes: [() => string, ...(() => string)[]] = [
      () => this.output(names),
      () => this.plain(),
      () => this.output(names),
    ];
    if (depth > 0)
      shapes.push(
        () => this.loop(names, body),
        () => this.loop(names, body),
        () => this.branch(names, body),
        () => this.assignment(names, body),
      );
    return random.pick(shapes)();
  }

  private plain(): string {
    return this.random.pick([
      "a",
      " b ",
      "é🌤",
      "}} %}",
      "'\"",
      "x\ny",
      "<&>",
      "{ } $",
      "{# {{ no }} #}",
      "{% raw %}{{ no }}{% endraw %}",
      "{{- '' -}}",
      " \n {#- trimmed -#} \n ",
    ]);
  }

  private output(names: Names): string {
    const { random } = this;
    const [open, close] = random.pick<[string, string]>([
      ["{{", "}}"],
      ["{{ ", " }}"],
      ["{{", " }}"],
      [" {{-", "}}"],
      ["{{ ", "-}} "],
    ]);
    return (
      open + random.pick([() => this.number(names, 2), () => this.text(names, 2), () => this.flag(names, 2)])() + close
    );
  }

  private loop(names: Names, body: (inner: Names) => string): string {
    const { random } = this;
    const own = `v${random.below(3)}`;
    const inner = this.without(names, own);
    const withLoop: Names = {
      ...inner,
      number: [...inner.number, "loop.index", "loop.index0", "loop.length"],
      flag: [...inner.flag, "loop.first", "loop.last"],
    };
    const otherwise = random.chance(30) ? `{% else %}${this.output(names)}` : "";
    const tag = (inside: string): string => `${random.pick(["{% ", "{%- "])}${inside}${random.pick([" %}", " -%}"])}`;
    const kind = random.below(4);
    if (kind === 0)
      return `${tag(`for ${own} in ${this.numbers(names)}`)}${body({ ...withLoop, number: [...withLoop.number, own] })}${otherwise}${tag("endfor")}.`;
    if (kind === 1)
      return `${tag(`for ${own} in ${this.texts(names)}`)}${body({ ...withLoop, text: [...withLoop.text, own] })}${otherwise}${tag("endfor")}.`;
    if (kind === 2) {
      const record: Names = {
        ...withLoop,
        number: [...withLoop.number, `${own}.n`],
        text: [...withLoop.text, `${own}.name`, `${own}['name']`],
        flag: [...withLoop.flag, `${own}.ok`],
      };
      return `${tag(`for ${own} in ${random.pick(names.records)}`)}${body(record)}${otherwise}${tag("endfor")}.`;
    }
    const value = `w${random.below(3)}`;
    const pair = this.without(withLoop, value);
    return `${tag(`for ${own}, ${value} in inputs.map`)}${body({ ...pair, text: [...pair.text, own], number: [...pair.number, value] })}${tag("endfor")}.`;
  }

  private branch(names: Names, body: (inner: Names) => string): string {
    const { random } = this;
    const elif = random.chance(40) ? `{% elif ${this.flag(names, 1)} %}${body(names)}` : "";
    const otherwise = random.chance(50) ? `{% else %}${body(names)}` : "";
    return `{% if ${this.flag(names, 2)} %}${body(names)}${elif}${otherwise}{% endif %}`;
  }

  private assignment(names: Names, body: (inner: Names) => string): string {
    const own = `s${this.random.below(1_000_000)}`;
    if (this.random.chance(50))
      return `{% set ${own} = ${this.number(names, 1)} %}${body({ ...names, number: [...names.number, own] })}`;
    return `{% set ${own} = ${this.text(names, 1)} %}${body({ ...names, text: [...names.text, own] })}`;
  }

  /** The names that still mean what they did once a loop takes one of them. */
  private without(names: Names, own: string): Names {
    const keep = (list: readonly [string, ...string[]]): [string, ...string[]] => [
      list[0],
      ...list.slice(1).filter((name) => name !== own && !name.startsWith(`${own}.`) && !name.startsWith(`${own}[`)),
    ];
    return {
      number: keep(names.number),
      text: keep(names.text),
      flag: keep(names.flag),
      numbers: names.numbers,
      texts: names.texts,
      records: names.records,
    };
  }

  private number(names: Names, depth: number): string {
    const { random } = this;
    if (depth <= 0)
      return random.pick([
        () => String(random.below(20)),
        () => random.pick(names.number),
        () => `${random.below(50)}.5`,
      ])();
    const inner = (): string => this.number(names, depth - 1);
    return random.pick<() => string>([
      () => `${inner()} + ${inner()}`,
      () => `${inner()} - ${inner()}`,
      () => `(${inner()}) * (${inner()})`,
      () => `(${inner()}) / ${random.pick(["2", "4", "8"])}`,
      () => `(${inner()} + 100) // ${1 + random.below(6)}`,
      () => `(${random.below(90)} + ${random.pick(["inputs.n", "3"])}) % ${1 + random.below(9)}`,
      () => `(${random.below(6)}) ** ${random.below(4)}`,
      () => `(${inner()} if ${this.flag(names, depth - 1)} else ${inner()})`,
      () => `${this.texts(names)} | length`,
      () => `'wörter' | length`,
      () => `${this.numbers(names)} | sum`,
      () => `(0 - (${inner()})) | abs`,
      () => `${random.pick(names.numbers)}[${random.below(3)}]`,
      () => `(${inner()} | int) + 0`,
      () => `inputs.missing | default(${inner()})`,
      () => `(${this.numbers(names)} | sort | first)`,
      () => `(${this.numbers(names)} | sort(reverse=true) | last)`,
      () => `-(${inner()})`,
    ])();
  }

  private text(names: Names, depth: number): string {
    const { random } = this;
    if (depth <= 0)
      return random.pick([
        () => random.pick(["'a'", '"b c"', "'Ünïcode 🌤'", "''", "'it\\'s'", "'line\\nbreak'", "'X-Y'"]),
        () => random.pick(names.text),
      ])();
    const inner = (): string => this.text(names, depth - 1);
    return random.pick<() => string>([
      () => `${inner()} ~ ${inner()}`,
      () => `${inner()} ~ ${this.number(names, 0)}`,
      () => `(${inner()}) | upper`,
      () => `(${inner()}) | lower`,
      () => `(${inner()}) | trim`,
      () => `(${inner()}) | replace('a', ${this.text(names, 0)})`,
      () => `(${this.texts(names)}) | join(${random.pick(["', '", "''", "'-'"])})`,
      () => `(${random.pick(names.numbers)}) | join('/')`,
      () => `(${this.texts(names)}) | reverse | join`,
      () => `${random.pick(names.records)} | join(';', 'name')`,
      () => `(${inner()} if ${this.flag(names, depth - 1)} else ${inner()})`,
      () => `(${this.texts(names)} | first)`,
      () => `(${this.texts(names)} | last)`,
      () => `${random.pick(names.texts)}[1]`,
      () => `inputs.nil.deeper | default(${inner()})`,
      () => `'plain words' | title`,
      () => `(${this.flag(names, 0)} and ${inner()} or ${inner()}) ~ ''`,
      () => `(inputs.missing or ${inner()})`,
    ])();
  }

  private flag(names: Names, depth: number): string {
    const { random } = this;
    if (depth <= 0) return random.pick([() => random.pick(["true", "false"]), () => random.pick(names.flag)])();
    const inner = (): string => this.flag(names, depth - 1);
    const compared = random.pick(["==", "!=", "<", "<=", ">", ">="]);
    return random.pick<() => string>([
      () => `${inner()} and ${inner()}`,
      () => `${inner()} or ${inner()}`,
      () => `not (${inner()})`,
      () => `(${inner()})`,
      () => `${this.number(names, 0)} ${compared} ${this.number(names, 0)}`,
      () => `${this.text(names, 0)} ${compared} ${this.text(names, 0)}`,
      () => `(${this.number(names, 1)}) ${compared} (${this.number(names, 1)})`,
      () => `${this.number(names, 0)} ${random.pick(["in", "not in"])} ${this.numbers(names)}`,
      () => `${this.text(names, 0)} ${random.pick(["in", "not in"])} ${this.texts(names)}`,
      () => `${this.text(names, 0)} in ${this.text(names, 0)}`,
      () => `${random.pick(["inputs.missing", "inputs.n", "inputs.nil"])} is ${random.pick(["", "not "])}defined`,
      () => `${random.pick(["inputs.nil", "inputs.n"])} is none`,
      () => `${random.below(30)} is ${random.pick(["odd", "even", "number"])}`,
      () => `${this.text(names, 0)} is string`,
    ])();
  }

  private numbers(names: Names): string {
    const { random } = this;
    return random.chance(60)
      ? random.pick(names.numbers)
      : `[${[1, 2, 3]
          .slice(0, 1 + random.below(3))
          .map(() => this.number(names, 0))
          .join(", ")}]`;
  }

  private texts(names: Names): string {
    const { random } = this;
    return random.chance(60) ? random.pick(names.texts) : `[${[1, 2].map(() => this.text(names, 0)).join(", ")}]`;
  }
}
