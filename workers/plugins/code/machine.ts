import { LIMITS } from "./limits.ts";

type Callable = (...values: never[]) => unknown;
const PAGE_BYTES = 65_536;
/** What calling out of the machine costs: about two microseconds. */
const FUEL_OF_AN_IMPORT = 200n;
/** Fuel for what the machine does for itself. */
const PLENTY = BigInt(Number.MAX_SAFE_INTEGER);

/** What a program's imports may touch of the machine it runs in. */
export interface Host {
  /** The machine's memory; asked for anew each time, because growing replaces it. */
  bytes(): Uint8Array<ArrayBuffer>;
  /** Makes it larger; false when that is not allowed. */
  grow(bytes: number): boolean;
}

/** A metered WebAssembly module (`scripts/wasm/meter-module.ts`) and what it needs to run. */
export interface Program {
  module: WebAssembly.Module;
  imports(host: Host): Record<string, Callable>;
  /** Pages at first, and the import's name, of a module that is given its memory; otherwise the export's name. */
  memory: { imported: string; pages: number } | { exported: string };
  /** The export that initialises it. */
  start: string;
  /** The exports that tell and set the stack pointer, the only state beside the memory. */
  stack: { current: string; restore: string };
  /** What is done once and found done by every call. */
  prepare(running: Running): void;
}

export interface Running extends Host {
  call(name: string, ...values: number[]): number;
}

/** Why a call was ended from outside. */
export type Stop = "time" | "memory" | "depth" | "output" | "crash";

/** Thrown by an import to end the call: by the program itself (`code`), or by a limit. */
export class Ended extends Error {
  readonly reason: number | Stop;

  constructor(reason: number | Stop) {
    super("ended");
    this.reason = reason;
  }
}

interface Instance extends Running {
  fuel: WebAssembly.Global;
  /** Where its stack begins. */
  stackStart: number;
  memoryRefused: boolean;
}

/**
 * Runs a program over and over, each time from the same memory: nothing of a call is left for the next, however it ended.
 * The program reaches what its imports do and nothing else.
 */
export class Machine {
  readonly #program: Program;
  #instance: Instance | null = null;
  /** The memory that every call begins with. */
  #image: Uint8Array | null = null;
  /** How large it is, with the zeros at the image's end: one that grew is not used again. */
  #size = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Does `work` in a fresh machine. `used` is the fuel it took. */
  run<T>(fuel: number, work: (running: Running) => T): { ended: { value: T } | Ended["reason"]; used: number } {
    const instance = this.#fresh();
    instance.fuel.value = BigInt(fuel);
    let ended: { value: T } | Ended["reason"];
    try {
      ended = { value: work(instance) };
    } catch (error) {
      ended = reasonOf(error, instance);
    }
    return { ended, used: Math.min(fuel, fuel - left(instance)) };
  }

  #fresh(): Instance {
    const image = this.#image;
    if (image === null) return this.#prepared();
    const kept = this.#instance;
    const instance = kept !== null && kept.bytes().length === this.#size ? kept : instantiate(this.#program);
    const missing = this.#size - instance.bytes().length;
    if (missing > 0) instance.grow(missing);
    const bytes = instance.bytes();
    bytes.set(image);
    bytes.fill(0, image.length);
    instance.fuel.value = PLENTY;
    instance.call(this.#program.stack.restore, instance.stackStart);
    instance.memoryRefused = false;
    this.#instance = instance;
    return instance;
  }

  #prepared(): Instance {
    const instance = instantiate(this.#program);
    instance.call(this.#program.start);
    this.#program.prepare(instance);
    const bytes = instance.bytes();
    this.#size = bytes.length;
    this.#image = withoutEndingZeros(bytes);
    this.#instance = instance;
    return instance;
  }
}

function left({ fuel }: Instance): number {
  return Number(fuel.value);
}

function instantiate(program: Program): Instance {
  const given =
    "imported" in program.memory
      ? new WebAssembly.Memory({ initial: program.memory.pages, maximum: LIMITS.memoryPages })
      : null;
  let memory = given;
  const host: Host = {
    bytes() {
      if (memory === null) throw new Error("the program has no memory yet");
      return new Uint8Array(memory.buffer);
    },
    grow(bytes) {
      try {
        memory?.grow(Math.ceil(bytes / PAGE_BYTES));
        return true;
      } catch {
        instance.memoryRefused = true;
        return false;
      }
    },
  };
  let meter: WebAssembly.Global | null = null;
  const imports: Record<string, WebAssembly.ImportValue> = {};
  for (const [name, work] of Object.entries(program.imports(host))) {
    imports[name] = (...values: never[]) => {
      if (meter !== null) meter.value -= FUEL_OF_AN_IMPORT;
      return work(...values);
    };
  }
  if ("imported" in program.memory && given !== null) imports[program.memory.imported] = given;
  const { exports } = new WebAssembly.Instance(program.module, { a: imports });
  if ("exported" in program.memory) memory = memoryOf(exports[program.memory.exported]);
  const { fuel } = exports;
  if (!(fuel instanceof WebAssembly.Global)) throw new Error("the module is not metered");
  meter = fuel;
  const instance: Instance = {
    ...host,
    fuel,
    stackStart: 0,
    memoryRefused: false,
    call(name, ...values) {
      const exported = exports[name];
      if (typeof exported !== "function") throw new Error(`the program has no ${name}`);
      return Number(exported(...values));
    },
  };
  instance.stackStart = instance.call(program.stack.current);
  return instance;
}

function memoryOf(exported: unknown): WebAssembly.Memory {
  if (exported instanceof WebAssembly.Memory) return exported;
  throw new Error("the program has no memory");
}

function withoutEndingZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.slice(0, end);
}

function reasonOf(error: unknown, instance: Instance): Ended["reason"] {
  if (left(instance) < 0) return "time";
  if (error instanceof Ended) return error.reason === "crash" && instance.memoryRefused ? "memory" : error.reason;
  if (error instanceof RangeError) return "depth";
  // What is left is a stack that ran out of its memory, which is a trap too.
  if (error instanceof WebAssembly.RuntimeError) return instance.memoryRefused ? "memory" : "depth";
  throw error;
}
