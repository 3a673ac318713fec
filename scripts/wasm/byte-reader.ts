/** Reads a WebAssembly binary from front to back. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new Error(`the module ends in the middle of something, at ${this.at}`);
    this.at += 1;
    return value;
  }

  /** An unsigned number of at most 32 bits. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = this.byte();
      value += (next & 0x7f) * 2 ** shift;
      if (next < 0x80) return value;
    }
  }

  /** A number of any size and sign, whose value nobody needs. */
  skipNumber(): void {
    while (this.byte() >= 0x80);
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new Error(`the module ends in the middle of something`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A vector: its length, then what `read` makes of each entry. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }

  text(): string {
    return new TextDecoder().decode(this.take(this.number()));
  }
}
