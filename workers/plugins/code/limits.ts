/** What one transform may use. Counted, not timed: in production the clock stands still while code runs. */
export const LIMITS = {
  /** Units of fuel (calls of functions and turns of loops inside the machine) that stand for a millisecond. */
  fuelPerMs: 100_000,
  /** The most time a call gets, whatever its own timeout: other calls of the same isolate wait meanwhile. */
  timeMs: 1_000,
  /** All memory of a machine, its program included: 48 MiB in pages of 64 KiB. Two fit into an isolate. */
  memoryPages: 768,
  /** The most that JavaScript values may take of it. */
  heapBytes: 28 * 1_048_576,
  /** Nested calls of JavaScript, in bytes of the machine's stack. */
  stackBytes: 256 * 1_024,
  outputBytes: 1_048_576,
  /** What is kept of messages. */
  messageBytes: 16_384,
} as const;
