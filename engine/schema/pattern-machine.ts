import type { Instruction } from "./pattern-program.ts";

/** Steps of one test: a pattern of many alternatives over a very long text stops here. */
const MOST_STEPS = 5_000_000;

const WORD = /^\w$/;

/**
 * Whether a program matches anywhere in a text. All alternatives advance together, one character at a time, so the time is at
 * most text × program. Undefined when even that is too much.
 */
export function runProgram(program: readonly Instruction[], text: string): boolean | undefined {
  const machine = new Machine(program);
  let before: string | undefined;
  for (const here of text) {
    if (machine.enter(before, here)) return true;
    if (machine.steps > MOST_STEPS) return undefined;
    machine.advance(here);
    before = here;
  }
  return machine.enter(before, undefined);
}

class Machine {
  steps = 0;
  readonly #program: readonly Instruction[];
  /** The position at which each instruction was last entered: once is enough. */
  readonly #entered: Int32Array;
  #position = 0;
  #waiting: number[] = [];
  #ready: number[] = [];

  constructor(program: readonly Instruction[]) {
    this.#program = program;
    this.#entered = new Int32Array(program.length).fill(-1);
  }

  /** Follows everything that needs no character, from the start of the program too. True when the pattern has matched. */
  enter(before: string | undefined, here: string | undefined): boolean {
    const open = [0, ...this.#waiting];
    this.#ready = [];
    while (open.length > 0) {
      const index = open.pop() ?? 0;
      if (this.#entered[index] === this.#position) continue;
      this.#entered[index] = this.#position;
      this.steps += 1;
      const instruction = this.#program[index];
      if (instruction?.op === "match") return true;
      if (instruction?.op === "jump") open.push(instruction.to);
      else if (instruction?.op === "split") open.push(instruction.second, instruction.first);
      else if (instruction?.op === "character") this.#ready.push(index);
      else if (instruction?.op === "assert" && holds(instruction.kind, before, here)) open.push(index + 1);
    }
    return false;
  }

  /** Reads one character: alternatives that wanted another one end. */
  advance(here: string): void {
    this.steps += this.#ready.length;
    this.#position += 1;
    this.#waiting = [];
    for (const index of this.#ready) {
      const instruction = this.#program[index];
      if (instruction?.op === "character" && instruction.fits(here)) this.#waiting.push(index + 1);
    }
  }
}

function holds(kind: "^" | "$" | "b" | "B", before: string | undefined, here: string | undefined): boolean {
  if (kind === "^") return before === undefined;
  if (kind === "$") return here === undefined;
  const edge = (before !== undefined && WORD.test(before)) !== (here !== undefined && WORD.test(here));
  return kind === "b" ? edge : !edge;
}
