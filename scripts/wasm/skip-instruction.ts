import type { ByteReader } from "./byte-reader.ts";

/** What stands behind an instruction's opcode. */
type Operands = "none" | "one" | "two" | "table" | "types" | "float" | "double";

const OPERANDS = new Map<number, Operands>();
function say(operands: Operands, first: number, last = first): void {
  for (let opcode = first; opcode <= last; opcode += 1) OPERANDS.set(opcode, operands);
}
say("none", 0x00, 0x01); // unreachable, nop
say("one", 0x02, 0x04); // block, loop, if: their type
say("none", 0x05); // else
say("none", 0x0b); // end
say("one", 0x0c, 0x0d); // br, br_if
say("table", 0x0e); // br_table
say("none", 0x0f); // return
say("one", 0x10); // call
say("two", 0x11); // call_indirect
say("none", 0x1a, 0x1b); // drop, select
say("types", 0x1c); // select with types
say("one", 0x20, 0x26); // locals, globals, table.get, table.set
say("two", 0x28, 0x3e); // loads and stores: alignment, offset
say("one", 0x3f, 0x42); // memory.size, memory.grow, i32.const, i64.const
say("float", 0x43);
say("double", 0x44);
say("none", 0x45, 0xc4); // comparisons, arithmetic, conversions
say("one", 0xd0); // ref.null
say("none", 0xd1); // ref.is_null
say("one", 0xd2); // ref.func

/** Instructions behind the prefix 0xfc, by their second opcode. */
const PREFIXED: readonly Operands[] = [
  ...Array<Operands>(8).fill("none"), // conversions that saturate
  "two", // memory.init
  "one", // data.drop
  "two", // memory.copy
  "one", // memory.fill
];
const PREFIX = 0xfc;

export const MEMORY_COPY = 10;
export const MEMORY_FILL = 11;

/**
 * Reads one instruction and answers its opcode, and the second one where it has a prefix. Throws at one that it does not
 * know: what cannot be read cannot be metered.
 */
export function skipInstruction(reader: ByteReader): { opcode: number; second: number | null } {
  const opcode = reader.byte();
  const second = opcode === PREFIX ? reader.number() : null;
  const operands = second === null ? OPERANDS.get(opcode) : PREFIXED[second];
  if (operands === undefined) throw new Error(`unknown instruction 0x${opcode.toString(16)} ${second ?? ""}`);
  skipOperands(reader, operands);
  return { opcode, second };
}

function skipOperands(reader: ByteReader, operands: Operands): void {
  switch (operands) {
    case "none":
      return;
    case "one":
      return reader.skipNumber();
    case "two":
      reader.skipNumber();
      return reader.skipNumber();
    case "table":
      reader.list(() => reader.number());
      return reader.skipNumber();
    case "types":
      reader.list(() => reader.byte());
      return;
    case "float":
      reader.take(4);
      return;
    case "double":
      reader.take(8);
      return;
    default:
      operands satisfies never;
  }
}
