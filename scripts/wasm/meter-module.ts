import { ByteReader } from "./byte-reader.ts";
import { joinBytes, numberBytes, sized } from "./byte-writer.ts";
import { meterBody } from "./meter-body.ts";

const HEADER_BYTES = 8;
const SECTION = { custom: 0, type: 1, import: 2, function: 3, memory: 5, global: 6, export: 7, code: 10 } as const;
const FUNCTION_IMPORT = 0;
const MEMORY_IMPORT = 2;
const GLOBAL_EXPORT = 3;

/** The largest i64, as the signed number of an instruction. */
const MOST = [...Array<number>(9).fill(0xff), 0];

interface Section {
  id: number;
  body: Uint8Array;
}

/** What the code section cannot say by itself. */
interface Facts {
  /** Parameters of each type of function. */
  parameters: number[];
  /** The type of each function that the module defines. */
  types: number[];
  /** The index that the new global gets. */
  fuel: number;
}

export interface Limits {
  /** The most pages of 64 KiB that the module's own memory may grow to. */
  maxPages: number;
}

/**
 * A WebAssembly module that can be stopped by counting: its mutable global `fuel` (i64, exported, at first its most) goes down
 * with every call of a function and every turn of a loop, and below zero the module traps. So whoever sets it bounds the
 * work exactly, whatever the code does and without a clock. Names and other custom sections are left out.
 */
export function meterModule(module: Uint8Array, limits: Limits): Uint8Array<ArrayBuffer> {
  const sections = readSections(module);
  const facts = readFacts(sections);
  const parts = sections.map(({ id, body }) => [[id], sized(rewrite(id, body, facts, limits))]);
  return joinBytes([module.subarray(0, HEADER_BYTES), ...parts.flat()]);
}

function readSections(module: Uint8Array): Section[] {
  const reader = new ByteReader(module, HEADER_BYTES);
  const sections: Section[] = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    const body = reader.take(reader.number());
    if (id !== SECTION.custom) sections.push({ id, body });
  }
  for (const needed of [SECTION.type, SECTION.function, SECTION.global, SECTION.export, SECTION.code]) {
    if (!sections.some(({ id }) => id === needed)) throw new Error(`the module has no section ${needed}`);
  }
  return sections;
}

function readerOf(sections: Section[], wanted: number): ByteReader {
  const section = sections.find(({ id }) => id === wanted);
  return new ByteReader(section?.body ?? Uint8Array.of(0));
}

function readFacts(sections: Section[]): Facts {
  const types = readerOf(sections, SECTION.type);
  const parameters = types.list(() => {
    types.byte();
    const count = types.list(() => types.byte()).length;
    types.list(() => types.byte());
    return count;
  });
  const functions = readerOf(sections, SECTION.function);
  refuseForeignGlobals(readerOf(sections, SECTION.import));
  return {
    parameters,
    types: functions.list(() => functions.number()),
    fuel: readerOf(sections, SECTION.global).number(),
  };
}

/** An imported global would shift the index of the new one. */
function refuseForeignGlobals(imports: ByteReader): void {
  imports.list(() => {
    imports.text();
    imports.text();
    const kind = imports.byte();
    if (kind === FUNCTION_IMPORT) return imports.skipNumber();
    if (kind !== MEMORY_IMPORT) throw new Error(`the module imports something of kind ${kind}`);
    const limited = imports.byte();
    imports.skipNumber();
    if (limited === 1) imports.skipNumber();
  });
}

function rewrite(id: number, body: Uint8Array, facts: Facts, limits: Limits): Uint8Array {
  if (id === SECTION.global) return append(body, [0x7e, 1, 0x42, ...MOST, 0x0b]);
  if (id === SECTION.export) return append(body, exportOf("fuel", facts.fuel));
  if (id === SECTION.memory) return limitMemory(body, limits);
  if (id === SECTION.code) return meterCode(body, facts);
  return body;
}

/** A vector with one entry more. */
function append(vector: Uint8Array, entry: readonly number[]): Uint8Array {
  const reader = new ByteReader(vector);
  const count = reader.number();
  return joinBytes([numberBytes(count + 1), vector.subarray(reader.at), entry]);
}

function exportOf(name: string, global: number): number[] {
  const text = new TextEncoder().encode(name);
  return [text.length, ...text, GLOBAL_EXPORT, ...numberBytes(global)];
}

function limitMemory(body: Uint8Array, { maxPages }: Limits): Uint8Array {
  const reader = new ByteReader(body);
  if (reader.number() !== 1) throw new Error("the module has not one memory");
  reader.byte();
  return joinBytes([[1, 1], numberBytes(reader.number()), numberBytes(maxPages)]);
}

function meterCode(body: Uint8Array, { parameters, types, fuel }: Facts): Uint8Array {
  const reader = new ByteReader(body);
  const count = reader.number();
  const functions = types.map((type) => {
    const parametersOfThis = parameters[type];
    if (parametersOfThis === undefined) throw new Error(`a function has the unknown type ${type}`);
    return sized(meterBody(reader.take(reader.number()), parametersOfThis, fuel));
  });
  if (count !== functions.length) throw new Error("the module declares other functions than it has code for");
  return joinBytes([numberBytes(count), ...functions]);
}
