import { readCalendar, writeCalendar } from "./calendar.ts";
import { Ended, type Host } from "./machine.ts";
import { viewOf } from "./memory-text.ts";

/** What the C library answers where it may do nothing. */
const NO_SUCH_FILE = -44;
const BAD_DESCRIPTOR = 8;
const NO_SEEK = 70;
const MOST_RANDOM_BYTES = 65_536;

/** What a program reads and writes: its standard streams and nothing else. */
export interface Streams {
  /** The next bytes of its input, at most `most`. */
  read(most: number): Uint8Array;
  write(stream: "output" | "errors", bytes: Uint8Array): void;
}

/** For a program that is given everything by calls and prints nothing. */
export const NO_STREAMS: Streams = { read: () => new Uint8Array(), write: () => undefined };

/**
 * The operating system as a program in a machine finds it: a clock and random numbers, three streams, no files, no
 * environment, no network, one time zone. By the names of emscripten's C library.
 */
export function systemCalls(host: Host, streams: Streams) {
  const exit = (code: number): never => {
    throw new Ended(code);
  };
  const abort = (): never => {
    throw new Ended("crash");
  };
  const noFile = (): number => NO_SUCH_FILE;
  const nothing = (): number => 0;
  const badDescriptor = (): number => BAD_DESCRIPTOR;
  /** Runs over a vector of buffers, as long as `move` moves whole ones; writes how many bytes that were. */
  const overBuffers = (
    vector: number,
    count: number,
    total: number,
    move: (buffer: Uint8Array<ArrayBuffer>) => number,
  ): number => {
    const view = viewOf(host);
    let moved = 0;
    for (let index = 0; index < Math.min(count, 16); index += 1) {
      const at = view.getUint32(vector + index * 8, true);
      const length = view.getUint32(vector + index * 8 + 4, true);
      const now = move(host.bytes().subarray(at, at + length));
      moved += now;
      if (now < length) break;
    }
    view.setUint32(total, moved, true);
    return 0;
  };
  return {
    exit,
    abort,
    noFile,
    nothing,
    badDescriptor,
    noSeek: (): number => NO_SEEK,
    now: (): number => Date.now(),
    calendarOf: (seconds: bigint, at: number): void => writeCalendar(host, seconds, at),
    secondsOf: (at: number): bigint => readCalendar(host, at),
    /** One zone, UTC, without daylight saving; its names are written twice. */
    timeZone(offset: number, daylight: number, standardName: number, summerName: number): void {
      const view = viewOf(host);
      view.setUint32(offset, 0, true);
      view.setUint32(daylight, 0, true);
      for (const at of [standardName, summerName]) host.bytes().set([85, 84, 67, 0], at);
    },
    resizeHeap(wanted: number): number {
      return host.grow((wanted >>> 0) - host.bytes().length) ? 1 : 0;
    },
    noEnvironmentSizes(count: number, size: number): number {
      const view = viewOf(host);
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return 0;
    },
    random(at: number, length: number): number {
      crypto.getRandomValues(host.bytes().subarray(at, at + Math.min(length, MOST_RANDOM_BYTES)));
      return 0;
    },
    read(descriptor: number, vector: number, count: number, total: number): number {
      if (descriptor !== 0) return BAD_DESCRIPTOR;
      return overBuffers(vector, count, total, (buffer) => {
        const bytes = streams.read(buffer.length);
        buffer.set(bytes);
        return bytes.length;
      });
    },
    write(descriptor: number, vector: number, count: number, total: number): number {
      if (descriptor !== 1 && descriptor !== 2) return BAD_DESCRIPTOR;
      return overBuffers(vector, count, total, (buffer) => {
        streams.write(descriptor === 1 ? "output" : "errors", buffer);
        return buffer.length;
      });
    },
  };
}
