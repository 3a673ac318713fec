import type { Json } from "../../../engine/json.ts";
import type { Answer } from "./answer.ts";
import { JqStreams } from "./jq-streams.ts";
import { type Host, Machine } from "./machine.ts";
import { placeText, viewOf } from "./memory-text.ts";
import { strptime } from "./strptime.ts";
import { type Streams, systemCalls } from "./system-calls.ts";

/** Exports of the module, which has short names only (jq-wasm 3.0.0; `test/plugins/machines.test.ts` holds them). */
const START = "G";
const MEMORY = "F";
const MAIN = "H";
const STACK = { current: "L", restore: "J" };
const ALLOCATE_ON_STACK = "K";

/** jq's exit status when the program does not compile. */
const DOES_NOT_COMPILE = 3;

/** jq 1.8 in a machine of its own. */
export class Jq {
  readonly #machine: Machine;
  #streams = new JqStreams("");

  constructor(module: WebAssembly.Module) {
    this.#machine = new Machine({
      module,
      memory: { exported: MEMORY },
      start: START,
      stack: STACK,
      prepare: () => undefined,
      imports: (host) =>
        jqImports(host, {
          read: (most) => this.#streams.read(most),
          write: (stream, bytes) => this.#streams.write(stream, bytes),
        }),
    });
  }

  /** Several results are a list, one is itself, none is null. */
  evaluate(expression: string, data: string, fuel: number): { answer: Answer; used: number } {
    const streams = new JqStreams(data);
    this.#streams = streams;
    const { ended, used } = this.#machine.run(fuel, (running) => {
      const words = ["jq", "-M", "-c", "--", expression];
      const vector = running.call(ALLOCATE_ON_STACK, (words.length + 1) * 4);
      for (const [index, word] of words.entries()) {
        const { at } = placeText(running, ALLOCATE_ON_STACK, word);
        viewOf(running).setUint32(vector + index * 4, at, true);
      }
      viewOf(running).setUint32(vector + words.length * 4, 0, true);
      return running.call(MAIN, words.length, vector);
    });
    this.#streams = new JqStreams("");
    const status = typeof ended === "object" ? ended.value : ended;
    if (typeof status === "string") return { answer: { kind: "stopped", by: status }, used };
    return { answer: answerOf(status, streams), used };
  }
}

function answerOf(status: number, streams: JqStreams): Answer {
  if (status !== 0) return { kind: "refused", ...messageOf(status, streams.errors()) };
  const results: Json[] = streams
    .output()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const [first = null] = results;
  return { kind: "value", value: results.length > 1 ? results : first };
}

/** The message without jq's frame around it. */
function messageOf(status: number, errors: string): { message: string; line?: number } {
  const text = errors.trim();
  if (status === DOES_NOT_COMPILE) {
    const [message = ""] = text.split("\n");
    const line = Number(/, line (\d+)/.exec(message)?.[1] ?? "NaN");
    const plain = message.replace(/^jq: error: /, "").replace(/ at <top-level>.*$/, "");
    return Number.isNaN(line) ? { message: plain } : { message: plain, line };
  }
  return { message: text.replace(/^jq: error \(at [^)]*\):? /, "") || `it ended with status ${status}` };
}

function jqImports(host: Host, streams: Streams) {
  const system = systemCalls(host, streams);
  return {
    a: system.abort,
    b: system.exit,
    c: system.nothing,
    d: system.write,
    e: system.nothing,
    f: system.noFile,
    g: system.now,
    h: system.read,
    i: system.noFile,
    j: system.nothing,
    k: system.resizeHeap,
    l: system.noEnvironmentSizes,
    m: system.noFile,
    n: system.noFile,
    o: system.abort,
    p: system.exit,
    q: system.nothing,
    r: system.calendarOf,
    s: system.calendarOf,
    t: system.secondsOf,
    u: system.secondsOf,
    v: system.timeZone,
    w: (text: number, format: number, calendar: number) => strptime(host, text, format, calendar),
    x: system.noSeek,
    y: system.badDescriptor,
    z: system.random,
    A: system.noFile,
    B: system.noFile,
    C: system.noFile,
    D: system.noFile,
    E: system.abort,
  };
}
