import type { Json } from "../../engine/json.ts";
import type { LargeOutput } from "./large-table.ts";

type Path = (string | number)[];

/** Where a large output, or a piece of one, stands in an event. */
export interface LargeRef {
  at: Path;
  sha256: string;
  /** The way to the piece; empty for all of it. */
  from: Path;
  /** About how many characters the piece has. */
  chars: number;
  /** Of a list: how many it has. */
  length?: number;
}

export interface LargeValue extends LargeOutput {
  value: Json;
}

/** A large output on its way to the disk. */
export interface FreshOutput extends LargeOutput {
  json: string;
}

/** One that is on its way to the object storage, and the step that gave it. */
export interface ComingOutput extends LargeOutput {
  path: string;
}

type Piece = Omit<LargeRef, "at">;

/** The member of a stored event that holds its `LargeRef`s: events have none of that name. */
export const LARGE = "$large";
/** Pieces that are smaller are written where they stand. */
const PIECE_CHARS = 4_096;

/**
 * The large outputs of one execution in memory, and their pieces: what a template takes out of one is the very same object or text,
 * so an event that holds it is written with the way to it instead.
 */
export class LargeIndex {
  /** Put into the object storage, and not yet in a commit. */
  fresh: FreshOutput[] = [];
  /** How many are on their way there: meanwhile, whoever has this index must stay in memory. */
  awaited = 0;
  readonly #pieces = new Map<unknown, Piece>();
  readonly #values = new Map<string, LargeValue>();
  /** Bytes of the outputs that its record shows, by the steps that gave them. */
  readonly #held = new Map<string, number>();
  readonly #coming = new Set<ComingOutput>();

  /** The very value that is known already. */
  known(sha256: string): Json | undefined {
    return this.#values.get(sha256)?.value;
  }

  /** Keeps room for one more, until `release`. False: all together, in memory or in the record, would be more than `most` bytes. */
  reserve(output: ComingOutput, most: number): boolean {
    const texts = new Map([...this.#values].map(([sha256, { bytes }]) => [sha256, bytes]));
    const shown = new Map(this.#held);
    for (const { path, sha256, bytes } of [...this.#coming, output]) {
      texts.set(sha256, bytes);
      shown.set(path, bytes);
    }
    if (sum(texts) > most || sum(shown) > most) return false;
    this.#coming.add(output);
    return true;
  }

  release(output: ComingOutput): void {
    this.#coming.delete(output);
  }

  add(value: LargeValue): void {
    if (this.#values.has(value.sha256)) return;
    this.#values.set(value.sha256, value);
    this.#index(value.sha256, value.value, []);
  }

  /** The step at `path` gave one of `bytes`. */
  hold(path: string, bytes: number): void {
    this.#held.set(path, bytes);
  }

  /** An event as it is written; `apart`: about how many characters of it are not. */
  split(event: object): { slim: object; apart: number } {
    const refs: LargeRef[] = [];
    const slim = this.#without(event, [], refs);
    const apart = refs.reduce((chars, ref) => chars + ref.chars, 0);
    return { slim: refs.length === 0 ? event : { ...(slim as object), [LARGE]: refs }, apart };
  }

  /** Answers how many characters the value has as JSON, but for escapes. */
  #index(sha256: string, value: Json, from: Path): number {
    if (typeof value === "string") {
      const chars = value.length + 2;
      if (value.length >= PIECE_CHARS && !this.#pieces.has(value)) this.#pieces.set(value, { sha256, from, chars });
      return chars;
    }
    if (typeof value !== "object" || value === null) return String(value).length;
    let chars = 1;
    for (const [name, member] of entriesOf(value))
      chars += this.#index(sha256, member, [...from, name]) + (typeof name === "string" ? name.length + 4 : 1);
    if (chars >= PIECE_CHARS)
      this.#pieces.set(value, { sha256, from, chars, ...(Array.isArray(value) ? { length: value.length } : {}) });
    return chars;
  }

  #without(value: unknown, at: Path, refs: LargeRef[]): unknown {
    if (typeof value === "string" ? value.length < PIECE_CHARS : typeof value !== "object" || value === null)
      return value;
    const piece = this.#pieces.get(value);
    if (piece) {
      refs.push({ at, ...piece });
      return null;
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item, index) => this.#without(item, [...at, index], refs));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, this.#without(member, [...at, name], refs)]),
    );
  }
}

function sum(amounts: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const amount of amounts.values()) all += amount;
  return all;
}

function entriesOf(value: object): [string | number, Json][] {
  return Array.isArray(value) ? value.map((item: Json, index) => [index, item]) : Object.entries(value);
}
