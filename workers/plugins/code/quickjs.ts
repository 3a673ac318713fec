import type { Answer } from "./answer.ts";
import { LIMITS } from "./limits.ts";
import { Ended, type Host, Machine, type Running } from "./machine.ts";
import { placeText, readText, viewOf } from "./memory-text.ts";
import { NO_STREAMS, systemCalls } from "./system-calls.ts";

/** Exports of the module, which has short names only (@jitl/quickjs-wasmfile-release-sync 0.32.0, its ffi and loader). */
const EXPORT = {
  start: "u",
  allocate: "v",
  setMemoryLimit: "y",
  setMaxStackSize: "D",
  getUndefined: "E",
  newRuntime: "K",
  newContext: "N",
  newString: "_",
  getString: "$",
  executePendingJob: "ga",
  isJobPending: "fa",
  call: "ma",
  resolveException: "na",
  dump: "oa",
  evaluate: "pa",
} as const;
const STACK = { current: "Oa", restore: "Ma" };
const MEMORY = "a";
/** What the module declares for its memory: 16 MiB. */
const MEMORY_PAGES = 256;
const ALL_INTRINSICS = 0;
const GLOBAL_CODE = 0;
const UNDEFINED_POINTER_ERROR = 0;

/** The first letter of what `inside/answering.ts` answers. */
const VALUE = "v";
const REFUSED = "r";

/** QuickJS in a machine, with a transform language that is written in JavaScript (`inside/`). */
export class QuickJs {
  readonly #machine: Machine;
  #runtime = 0;
  #context = 0;
  /** The function that the language exports (`inside/answering.ts`). */
  #main = 0;

  /** `language` is a bundled text of `inside/`: an expression whose value is its function. */
  constructor(module: WebAssembly.Module, language: string) {
    this.#machine = new Machine({
      module,
      memory: { imported: MEMORY, pages: MEMORY_PAGES },
      start: EXPORT.start,
      stack: STACK,
      imports: quickJsImports,
      prepare: (running) => this.#prepare(running, language),
    });
  }

  evaluate(expression: string, data: string, fuel: number): { answer: Answer; used: number } {
    const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    const { ended, used } = this.#machine.run(fuel, (running) => {
      this.#callMain(running, [expression, data, seed]);
      this.#runJobs(running);
      const text = running.call(EXPORT.getString, this.#context, this.#callMain(running, []));
      if (text === 0) throw new Ended("memory");
      return readText(running, text, LIMITS.outputBytes + 2);
    });
    if (typeof ended !== "object") {
      return { answer: { kind: "stopped", by: typeof ended === "number" ? "crash" : ended }, used };
    }
    return { answer: answerOf(ended.value), used };
  }

  #prepare(running: Running, language: string): void {
    this.#runtime = running.call(EXPORT.newRuntime);
    running.call(EXPORT.setMemoryLimit, this.#runtime, LIMITS.heapBytes);
    running.call(EXPORT.setMaxStackSize, this.#runtime, LIMITS.stackBytes);
    this.#context = running.call(EXPORT.newContext, this.#runtime, ALL_INTRINSICS);
    const code = placeText(running, EXPORT.allocate, language);
    const name = placeText(running, EXPORT.allocate, "transform");
    this.#main = running.call(EXPORT.evaluate, this.#context, code.at, code.length, name.at, 0, GLOBAL_CODE);
    const failure = this.#exceptionOf(running, this.#main);
    if (failure !== null) throw new Error(`the language does not load: ${failure}`);
  }

  /** Calls the function with texts. What it throws in spite of itself is a limit that it met. */
  #callMain(running: Running, texts: readonly string[]): number {
    const values = texts.map((text) => {
      const { at } = placeText(running, EXPORT.allocate, text);
      return running.call(EXPORT.newString, this.#context, at);
    });
    const vector = running.call(EXPORT.allocate, Math.max(4, values.length * 4));
    const view = viewOf(running);
    for (const [index, value] of values.entries()) view.setUint32(vector + index * 4, value, true);
    const nobody = running.call(EXPORT.getUndefined);
    const answer = running.call(EXPORT.call, this.#context, this.#main, nobody, values.length, vector);
    const failure = this.#exceptionOf(running, answer);
    if (failure !== null) throw new Ended(failure.includes("stack overflow") ? "depth" : "memory");
    return answer;
  }

  #runJobs(running: Running): void {
    const context = running.call(EXPORT.allocate, 4);
    while (running.call(EXPORT.isJobPending, this.#runtime) !== 0) {
      running.call(EXPORT.executePendingJob, this.#runtime, -1, context);
    }
  }

  #exceptionOf(running: Running, value: number): string | null {
    const error = running.call(EXPORT.resolveException, this.#context, value);
    if (error === UNDEFINED_POINTER_ERROR) return null;
    return readText(running, running.call(EXPORT.dump, this.#context, error), LIMITS.messageBytes);
  }
}

function answerOf(text: string): Answer {
  const [kind, rest] = [text.charAt(0), text.slice(1)];
  if (kind === VALUE) return readValue(rest);
  if (kind === REFUSED) {
    const { message, line }: { message: string; line?: number } = JSON.parse(rest);
    return { kind: "refused", message, line };
  }
  if (rest === "depth" || rest === "memory" || rest === "output") return { kind: "stopped", by: rest };
  return { kind: "stopped", by: "crash" };
}

/** The code may have replaced what makes the text: then it is no JSON, which is its own fault. */
function readValue(text: string): Answer {
  if (new TextEncoder().encode(text).length > LIMITS.outputBytes) return { kind: "stopped", by: "output" };
  try {
    return { kind: "value", value: JSON.parse(text) };
  } catch {
    return { kind: "refused", message: "the result is not JSON" };
  }
}

function quickJsImports(host: Host) {
  const system = systemCalls(host, NO_STREAMS);
  /** The host has given no function: nothing can call it. */
  const noHostFunction = system.abort;
  return {
    b: system.abort,
    c: system.write,
    d: system.badDescriptor,
    e: system.nothing,
    f: system.noEnvironmentSizes,
    g: noHostFunction,
    h: noHostFunction,
    i: system.nothing,
    j: system.nothing,
    k: system.resizeHeap,
    l: system.nothing,
    m: system.calendarOf,
    n: system.timeZone,
    o: system.noSeek,
    p: system.now,
    q: system.abort,
    r: system.exit,
    s: noHostFunction,
    t: noHostFunction,
  };
}
