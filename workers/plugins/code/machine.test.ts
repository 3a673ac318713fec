import { expect, test } from "vitest";
import { Ended, Machine, type Program } from "./machine.ts";

const I32 = 0x7f;
const I64 = 0x7e;
const END = 0x0b;
const vector = (...entries: number[][]): number[] => [entries.length, ...entries.flat()];
const section = (id: number, body: number[]): number[] => [id, body.length, ...body];
const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
const code = (...body: number[]): number[] => [body.length + 2, 0, ...body, END];

/**
 * A metered module as small as it gets: memory `m` of one page, at most three; stack pointer (16 at first) with `current`
 * and `restore`; `start` does nothing, `ask` calls the import.
 */
const MODULE = new WebAssembly.Module(
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([0x60, 0, 0], [0x60, 0, 1, I32], [0x60, 1, I32, 0])),
    ...section(2, vector([...name("a"), ...name("asked"), 0, 0])),
    ...section(3, vector([0], [1], [2])),
    ...section(5, vector([1, 1, 3])),
    ...section(6, vector([I32, 1, 0x41, 16, END], [I64, 1, 0x42, 0, END])),
    ...section(
      7,
      vector(
        [...name("m"), 2, 0],
        [...name("fuel"), 3, 1],
        [...name("ask"), 0, 1],
        [...name("current"), 0, 2],
        [...name("restore"), 0, 3],
      ),
    ),
    ...section(10, vector(code(0x10, 0), code(0x23, 0), code(0x20, 0, 0x24, 0))),
  ]),
);
const PAGE = 65_536;

function machineOf(changes: Partial<Program> = {}): Machine {
  return new Machine({
    module: MODULE,
    memory: { exported: "m" },
    start: "current",
    stack: { current: "current", restore: "restore" },
    imports: () => ({ asked: () => undefined }),
    prepare: (running) => running.bytes().fill(7, 0, 100),
    ...changes,
  });
}

test("what a call wrote is gone for the next one, inside of what was prepared and beyond it", () => {
  const machine = machineOf();
  for (let call = 0; call < 3; call += 1) {
    const { ended } = machine.run(1_000, (running) => {
      const bytes = running.bytes();
      const found = [bytes[5], bytes[99], bytes[100], bytes[PAGE - 1]];
      bytes.fill(call + 1);
      return found;
    });
    expect(ended).toEqual({ value: [7, 7, 0, 0] });
  }
});

test.each(["returns", "ends", "grows"])(
  "a call that moved the stack and %s leaves nothing of it to the next",
  (how) => {
    const machine = machineOf();
    const found: number[][] = [];
    for (let call = 0; call < 3; call += 1) {
      machine.run(1_000, (running) => {
        found.push([running.bytes().length, running.call("current")]);
        running.call("restore", 3);
        if (how === "ends") throw new Ended(0);
        if (how === "grows") running.grow(PAGE);
      });
    }
    expect(found).toEqual(Array(3).fill([PAGE, 16]));
  },
);

test("memory that was prepared beyond the first pages is there in every call", () => {
  const machine = machineOf({
    prepare(running) {
      running.grow(PAGE);
      running.bytes()[2 * PAGE - 1] = 8;
    },
  });
  for (let call = 0; call < 2; call += 1) {
    const { ended } = machine.run(1_000, (running) => {
      running.grow(PAGE);
      return [running.bytes().length, running.bytes()[2 * PAGE - 1]];
    });
    expect(ended).toEqual({ value: [3 * PAGE, 8] });
  }
});

test("memory beyond the limit is refused, and a trap after that is a lack of memory", () => {
  const machine = machineOf();
  const trap = (): never => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  expect(machine.run(1_000, (running) => running.grow(3 * PAGE)).ended).toEqual({ value: false });
  expect(machine.run(1_000, (running) => running.grow(3 * PAGE) || trap()).ended).toBe("memory");
  expect(machine.run(1_000, trap).ended, "the one before is forgotten").toBe("depth");
});

test("calling out costs fuel, and what is spent ends the call", () => {
  const machine = machineOf({
    imports: () => ({
      asked() {
        throw new WebAssembly.RuntimeError("as the meter traps");
      },
    }),
  });
  expect(machine.run(1_000, (running) => running.call("ask"))).toEqual({ ended: "depth", used: 200 });
  expect(machine.run(100, (running) => running.call("ask"))).toEqual({ ended: "time", used: 100 });
});

test("a fault of ours is thrown, not taken for the expression's", () => {
  expect(() =>
    machineOf().run(1_000, () => {
      throw new TypeError("ours");
    }),
  ).toThrow("ours");
});
