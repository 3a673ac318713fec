/** One instruction of a compiled pattern. Targets are indexes of the program. */
export type Instruction =
  | { op: "character"; fits: (character: string) => boolean }
  | { op: "split"; first: number; second: number }
  | { op: "jump"; to: number }
  | { op: "assert"; kind: "^" | "$" | "b" | "B" }
  | { op: "match" };

/** Thrown for what a linear matcher cannot do. */
export class Unsupported extends Error {}

/** Repeats are written out, so this bounds `(a{100}){100}` too. */
const MOST_INSTRUCTIONS = 2_000;

/** Atoms read, repeats of repeats included: nested repeats read theirs again and again. */
const MOST_ATOMS = 20_000;

interface Repeat {
  least: number;
  /** undefined: without end. */
  most?: number;
}

/**
 * Compiles an ECMAScript pattern (Unicode mode, already known to be well formed) into a program for a machine that keeps all
 * alternatives at once (Thompson 1968): its time grows with the text, never exponentially. No back-references, no lookaround.
 */
export class PatternCompiler {
  readonly program: Instruction[] = [];
  /** What a backtracking engine would have to try: repeats that are not exact, and repeated groups. */
  looseRepeats = 0;
  repeatedGroups = 0;
  readonly #source: string;
  #at = 0;
  #atoms = 0;

  constructor(source: string) {
    this.#source = source;
  }

  compile(): Instruction[] {
    this.#alternatives();
    this.#emit({ op: "match" });
    return this.program;
  }

  #alternatives(): void {
    const start = this.program.length;
    this.#sequence();
    if (this.#source[this.#at] !== "|") return;
    this.#at += 1;
    this.#insert(start, { op: "split", first: start + 1, second: this.program.length + 2 });
    const jump = this.#emit({ op: "jump", to: -1 });
    this.#alternatives();
    this.program[jump] = { op: "jump", to: this.program.length };
  }

  #sequence(): void {
    while (this.#at < this.#source.length && this.#source[this.#at] !== "|" && this.#source[this.#at] !== ")")
      this.#term();
  }

  #term(): void {
    const start = this.program.length;
    const from = this.#at;
    const group = this.#source[this.#at] === "(";
    this.#atom();
    const repeat = this.#repeat();
    if (repeat === undefined) return;
    if (repeat.least !== repeat.most) this.looseRepeats += 1;
    if (group) this.repeatedGroups += 1;
    const end = this.#at;
    this.program.length = start;
    this.#repeated(from, repeat);
    this.#at = end;
  }

  /** Writes the atom at `from` as often as the repeat says. */
  #repeated(from: number, { least, most }: Repeat): void {
    const again = (): void => {
      this.#at = from;
      this.#atom();
    };
    for (let count = 0; count < least; count += 1) again();
    if (most === undefined) {
      const split = this.#emit({ op: "split", first: this.program.length + 1, second: -1 });
      again();
      this.#emit({ op: "jump", to: split });
      this.program[split] = { op: "split", first: split + 1, second: this.program.length };
      return;
    }
    const splits: number[] = [];
    for (let count = least; count < most; count += 1) {
      splits.push(this.#emit({ op: "split", first: this.program.length + 1, second: -1 }));
      again();
    }
    for (const split of splits) this.program[split] = { op: "split", first: split + 1, second: this.program.length };
  }

  #repeat(): Repeat | undefined {
    const found = /^(?:([*+?])|\{(\d+)(,(\d*))?\})\??/.exec(this.#source.slice(this.#at, this.#at + 40));
    if (found === null) return undefined;
    this.#at += found[0].length;
    const [, sign, least, range, most] = found;
    if (sign === "*") return { least: 0 };
    if (sign === "+") return { least: 1 };
    if (sign === "?") return { least: 0, most: 1 };
    if (range === undefined) return { least: Number(least), most: Number(least) };
    return most === "" ? { least: Number(least) } : { least: Number(least), most: Number(most) };
  }

  #atom(): void {
    this.#atoms += 1;
    if (this.#atoms > MOST_ATOMS) throw new Unsupported("the pattern is too large");
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    if (character === "(") this.#group();
    else if (character === "[") this.#set();
    else if (character === "\\") this.#escape();
    else if (character === "^" || character === "$") this.#emit({ op: "assert", kind: character });
    else if (character === ".") this.#one(".");
    else this.#emit({ op: "character", fits: (given) => given === character });
  }

  #group(): void {
    const head = /^\?(?::|<[A-Za-z_$][\w$]*>)/.exec(this.#source.slice(this.#at, this.#at + 100));
    if (head !== null) this.#at += head[0].length;
    else if (this.#source[this.#at] === "?")
      throw new Unsupported("lookaround and inline flags are not supported in a pattern");
    this.#alternatives();
    this.#at += 1;
  }

  #set(): void {
    const from = this.#at - 1;
    while (this.#at < this.#source.length && this.#source[this.#at] !== "]")
      this.#at += this.#source[this.#at] === "\\" ? 2 : 1;
    this.#at += 1;
    this.#one(this.#source.slice(from, this.#at));
  }

  #escape(): void {
    const rest = this.#source.slice(this.#at, this.#at + 60);
    if (/^[1-9k]/.test(rest)) throw new Unsupported("back-references are not supported in a pattern");
    const [letter = ""] = rest;
    if (letter === "b" || letter === "B") {
      this.#at += 1;
      this.#emit({ op: "assert", kind: letter });
      return;
    }
    const long =
      /^(?:u\{[0-9A-Fa-f]+\}|u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|c[A-Za-z]|[pP]\{[^}]*\})/.exec(
        rest,
      );
    const written = long?.[0] ?? letter;
    this.#at += written.length;
    this.#one(`\\${written}`);
  }

  /** An atom for one character: the engine's own expression decides, on that character alone. */
  #one(atom: string): void {
    const expression = new RegExp(`^${atom}$`, "u");
    this.#emit({ op: "character", fits: (character) => expression.test(character) });
  }

  #emit(instruction: Instruction): number {
    if (this.program.length >= MOST_INSTRUCTIONS) throw new Unsupported("the pattern is too large");
    return this.program.push(instruction) - 1;
  }

  /** Puts an instruction before others and moves their targets. */
  #insert(index: number, instruction: Instruction): void {
    const moved = this.program.slice(index).map((later) => shifted(later, index));
    this.program.length = index;
    this.#emit(instruction);
    for (const later of moved) this.#emit(later);
  }
}

function shifted(instruction: Instruction, from: number): Instruction {
  const move = (target: number): number => (target >= from ? target + 1 : target);
  if (instruction.op === "jump") return { op: "jump", to: move(instruction.to) };
  if (instruction.op === "split")
    return { op: "split", first: move(instruction.first), second: move(instruction.second) };
  return instruction;
}
