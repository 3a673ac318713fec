/*
 * PostgreSQL's frontend/backend protocol 3.0, as much of it as the front needs: a message is one letter, a length that
 * counts itself, and a body.
 */

export interface Message {
  type: string;
  body: Buffer;
}

const HEADER_BYTES = 5;

export function encodeMessage(type: string, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(type, 0, "latin1");
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf8");
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Splits whole messages off the start of `bytes`; `rest` is what has not arrived completely. */
export function splitMessages(bytes: Buffer): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push({ type: String.fromCharCode(bytes.readUInt8(at)), body: bytes.subarray(at + HEADER_BYTES, end) });
    at = end;
  }
  return { messages, rest: bytes.subarray(at) };
}

/** Reads the fields of a message's body one after the other. */
export class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  cString(): string {
    const end = this.#body.indexOf(0, this.#at);
    const text = this.#body.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return text;
  }

  int16(): number {
    this.#at += 2;
    return this.#body.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#body.readInt32BE(this.#at - 4);
  }

  text(length: number): string {
    this.#at += length;
    return this.#body.toString("utf8", this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.#body.subarray(this.#at);
  }
}

/** `I` idle, `T` in a transaction, `E` in a failed one; null when the answer does not end a cycle. */
export type TransactionStatus = "I" | "T" | "E" | null;

export function transactionStatus(messages: Message[]): TransactionStatus {
  const last = messages.at(-1);
  if (last?.type !== "Z") return null;
  const status = last.body.toString("latin1");
  return status === "T" || status === "E" ? status : "I";
}
