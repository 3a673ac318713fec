import { Ended, type Host, type Running } from "./machine.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The text that begins at `at` and ends before a zero byte, or after `most` bytes. */
export function readText(host: Host, at: number, most: number): string {
  // Cut first: looking for the end of a long text takes time that nobody counts.
  const bytes = host.bytes().subarray(at, at + most);
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Puts text into memory that the program's own allocator (`allocate`) gives; ends in a zero byte. */
export function placeText(running: Running, allocate: string, text: string): { at: number; length: number } {
  const encoded = encoder.encode(text);
  const at = running.call(allocate, encoded.length + 1);
  if (at === 0) throw new Ended("memory");
  const bytes = running.bytes();
  bytes.set(encoded, at);
  bytes[at + encoded.length] = 0;
  return { at, length: encoded.length };
}

/** The memory as numbers of 32 bits and more. */
export function viewOf(host: Host): DataView {
  const { buffer } = host.bytes();
  return new DataView(buffer);
}
