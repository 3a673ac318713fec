import { ByteReader } from "./byte-reader.ts";
import { joinBytes, numberBytes } from "./byte-writer.ts";
import { MEMORY_COPY, MEMORY_FILL, skipInstruction } from "./skip-instruction.ts";

const LOOP = 0x03;
const I32 = 0x7f;

/** How many bytes a copy or fill moves for one unit of fuel: 2^6. */
const BYTES_PER_UNIT_EXPONENT = 6;

/**
 * The code of one function with its meter: entering it and every turn of every loop in it costs a unit of the global
 * `fuel`, copying memory one for each 64 bytes; below zero it traps. `parameters` is how many it takes.
 */
export function meterBody(body: Uint8Array, parameters: number, fuel: number): Uint8Array {
  const reader = new ByteReader(body);
  const locals = reader.list(() => ({ count: reader.number(), type: reader.byte() }));
  const length = numberBytes(parameters + locals.reduce((sum, { count }) => sum + count, 0));
  const global = numberBytes(fuel);
  const spend = chargeOne(global);
  const parts: (Uint8Array | readonly number[])[] = [
    numberBytes(locals.length + 1),
    ...locals.map(({ count, type }) => [...numberBytes(count), type]),
    [1, I32],
    spend,
  ];
  while (reader.at < body.length) {
    const start = reader.at;
    const { opcode, second } = skipInstruction(reader);
    const instruction = body.subarray(start, reader.at);
    if (second === MEMORY_COPY || second === MEMORY_FILL) parts.push(chargeLength(global, length));
    parts.push(instruction);
    if (opcode === LOOP) parts.push(spend);
  }
  return joinBytes(parts);
}

/** `fuel -= 1; if (fuel < 0) trap` */
function chargeOne(fuel: readonly number[]): number[] {
  const subtract = [0x23, ...fuel, 0x42, 1, 0x7d, 0x24, ...fuel];
  const trapBelowZero = [0x23, ...fuel, 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b];
  return [...subtract, ...trapBelowZero];
}

/** Before a copy or fill, whose length is on top of the stack: `fuel -= length >> 6`. The next unit finds it below zero. */
function chargeLength(fuel: readonly number[], local: readonly number[]): number[] {
  const units = [0x20, ...local, 0x41, BYTES_PER_UNIT_EXPONENT, 0x76, 0xad];
  return [0x22, ...local, 0x23, ...fuel, ...units, 0x7d, 0x24, ...fuel];
}
