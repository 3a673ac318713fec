import { LIMITS } from "./limits.ts";
import { Ended } from "./machine.ts";
import type { Streams } from "./system-calls.ts";

/** jq's input as text, and what it prints. More output than a step may hold ends the program; more messages are dropped. */
export class JqStreams implements Streams {
  #input: Uint8Array;
  // One more than the limit: the line end after a single result.
  readonly #output = new Sink(LIMITS.outputBytes + 1);
  readonly #errors = new Sink(LIMITS.messageBytes);

  constructor(input: string) {
    this.#input = new TextEncoder().encode(input);
  }

  read(most: number): Uint8Array {
    const bytes = this.#input.subarray(0, most);
    this.#input = this.#input.subarray(bytes.length);
    return bytes;
  }

  write(stream: "output" | "errors", bytes: Uint8Array): void {
    if (stream === "errors") this.#errors.add(bytes);
    else if (!this.#output.add(bytes)) throw new Ended("output");
  }

  output(): string {
    return this.#output.text();
  }

  errors(): string {
    return this.#errors.text();
  }
}

/** Gathers bytes up to a limit. */
class Sink {
  readonly #most: number;
  #bytes = new Uint8Array(1_024);
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** False when they do not fit: then none of them is kept. */
  add(bytes: Uint8Array): boolean {
    const length = this.#length + bytes.length;
    if (length > this.#most) return false;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#most, length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
    return true;
  }

  text(): string {
    return new TextDecoder().decode(this.#bytes.subarray(0, this.#length));
  }
}
