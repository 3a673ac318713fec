import { expect, test } from "vitest";
import { meterModule } from "./meter-module.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const NO_LOCALS = 0;
const END = 0x0b;
const LOOP = [0x03, 0x40];

function vector(...entries: number[][]): number[] {
  return [entries.length, ...entries.flat()];
}

function section(id: number, body: number[]): number[] {
  return [id, body.length, ...body];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** A module with a memory of one page and one function `run(i32) -> i32` of this code, after a global. */
function moduleOf(code: number[], { imports = [] as number[][], custom = false } = {}): Uint8Array {
  const body = [NO_LOCALS, ...code, END];
  return Uint8Array.from([
    ...HEADER,
    ...(custom ? section(0, [...name("debug"), 1, 2, 3]) : []),
    ...section(1, vector([0x60, ...vector([I32]), ...vector([I32])])),
    ...(imports.length > 0 ? section(2, vector(...imports)) : []),
    ...section(3, vector([0])),
    ...section(5, vector([0, 1])),
    ...section(6, vector([I32, 1, 0x41, 7, END])),
    ...section(
      7,
      vector([...name("run"), 0, imports.filter((entry) => entry.at(-2) === 0).length], [...name("memory"), 2, 0]),
    ),
    ...section(10, vector([body.length, ...body])),
  ]);
}

interface Metered {
  run(value: number): number;
  fuel: WebAssembly.Global<"i64">;
  memory: WebAssembly.Memory;
}

function instantiate(code: number[], maxPages = 2): Metered {
  const metered = new WebAssembly.Module(meterModule(moduleOf(code, { custom: true }), { maxPages }));
  const { run, fuel, memory } = new WebAssembly.Instance(metered).exports as unknown as Metered;
  return { run, fuel, memory };
}

/** `local.get 0` */
const VALUE = [0x20, 0];
/** loop { value -= 1; if (value != 0) continue } value */
const COUNT_DOWN = [...LOOP, ...VALUE, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, END, ...VALUE];
/** loop { continue } */
const FOREVER = [...LOOP, 0x0c, 0, END, ...VALUE];
/** `if (value) return run(value)`, without an end. */
const RECURSE = [...VALUE, 0x10, 0];
/** memory.fill(0, 0, value) */
const FILL = [0x41, 0, 0x41, 0, ...VALUE, 0xfc, 11, 0, ...VALUE];
/** memory.copy(0, 0, value) */
const COPY = [0x41, 0, 0x41, 0, ...VALUE, 0xfc, 10, 0, 0, ...VALUE];
/** memory.grow(value) */
const GROW = [...VALUE, 0x40, 0];

test("a call costs one unit, and one for each turn of its loops", () => {
  const { run, fuel } = instantiate(COUNT_DOWN);
  fuel.value = 100n;
  expect(run(10)).toBe(0);
  expect(fuel.value).toBe(89n);
});

test("an endless loop traps when the fuel is spent, at the same count every time", () => {
  const { run, fuel } = instantiate(FOREVER);
  for (const units of [0n, 5n, 100_000n]) {
    fuel.value = units;
    expect(() => run(1)).toThrow("unreachable");
    expect(fuel.value).toBe(-1n);
  }
});

test("calls cost without any loop", () => {
  const { run, fuel } = instantiate(RECURSE);
  fuel.value = 50n;
  expect(() => run(1)).toThrow("unreachable");
});

test.each([
  ["filling", FILL],
  ["copying", COPY],
])("%s memory costs one unit for each 64 bytes", (_, code) => {
  const { run, fuel } = instantiate(code);
  fuel.value = 2_000n;
  run(65_536);
  expect(fuel.value).toBe(2_000n - 1n - 1_024n);
});

test("the memory grows up to its limit and no further", () => {
  const { run, memory } = instantiate(GROW, 3);
  expect(run(2)).toBe(1);
  expect(run(1)).toBe(-1);
  expect(memory.buffer.byteLength).toBe(3 * 65_536);
});

test("what it would have to guess is refused", () => {
  const forUnknown = moduleOf([0xfd, 0, ...VALUE]);
  expect(() => meterModule(forUnknown, { maxPages: 1 })).toThrow("unknown instruction 0xfd");
  const foreignGlobal = moduleOf(VALUE, { imports: [[...name("a"), ...name("b"), 3, I32, 0]] });
  expect(() => meterModule(foreignGlobal, { maxPages: 1 })).toThrow("imports something of kind 3");
  const cut = moduleOf(VALUE).slice(0, -2);
  expect(() => meterModule(cut, { maxPages: 1 })).toThrow("in the middle of something");
});
