import type { Json } from "../../engine/json.ts";
import { LARGE, type LargeRef, type LargeValue } from "./large-index.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import { LargeTable } from "./large-table.ts";

/** Puts large outputs back into events that were read: each is read once. */
export class LargeReader {
  readonly #table: LargeTable;
  readonly #execution: string;
  readonly #instead: "notes" | "shapes" | undefined;
  readonly #values = new Map<string, LargeValue>();
  readonly #answers = new Map<string, number>();
  #bytes = 0;

  /**
   * `instead`: what stands in place of what is large, for whoever cannot hold it, or does not look at it. A note says what; a shape is a list
   * of as many where it is one, since a fold counts those.
   */
  constructor(storage: Pick<CellStorage, "read" | "write">, execution: string, instead?: "notes" | "shapes") {
    this.#table = new LargeTable(storage);
    this.#execution = execution;
    this.#instead = instead;
  }

  /** About how many characters it has put back, all told. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What was read so far. */
  get values(): LargeValue[] {
    return [...this.#values.values()];
  }

  /** Bytes of large outputs as steps gave them, by their paths. */
  get answers(): ReadonlyMap<string, number> {
    return this.#answers;
  }

  /** The event as it was lived. */
  join<Event extends object>(event: Event): Event {
    if (!(LARGE in event)) return event;
    const { [LARGE]: refs, ...whole } = event as Event & { [LARGE]: LargeRef[] };
    for (const ref of refs) put(whole, ref.at, this.#standIn(ref) ?? this.#piece(ref, event));
    // It is what was split, with what was taken out put back.
    return whole as unknown as Event;
  }

  #standIn({ sha256, from, length }: LargeRef): Json | undefined {
    if (this.#instead === "shapes" && length !== undefined) return new Array<Json>(length).fill(null);
    return this.#instead && { omitted: "large_output", sha256, ...(from.length > 0 ? { at: from } : {}) };
  }

  #piece({ at, sha256, from, chars }: LargeRef, event: object): Json {
    const { bytes, value } = this.#value(sha256);
    this.#bytes += chars;
    if (from.length === 0 && at.length === 1 && at[0] === "output" && "path" in event)
      this.#answers.set(String(event.path), bytes);
    return pieceOf(value, from);
  }

  #value(sha256: string): LargeValue {
    const known = this.#values.get(sha256);
    if (known) return known;
    const json = this.#table.text(this.#execution, sha256);
    if (json === undefined) throw new Error(`large output ${sha256} of ${this.#execution} is not here`);
    const value = JSON.parse(json) as Json;
    const bytes = this.#table.of(this.#execution).find((it) => it.sha256 === sha256)?.bytes ?? 0;
    const read = { sha256, bytes, value };
    this.#values.set(sha256, read);
    return read;
  }
}

function pieceOf(value: Json, from: LargeRef["from"]): Json {
  let piece: unknown = value;
  for (const name of from) piece = (piece as Record<string | number, unknown>)[name];
  return piece as Json;
}

/** What leads there was copied when it was read: it is nobody else's. */
function put(event: object, at: LargeRef["at"], value: Json): void {
  let holder = event as Record<string | number, unknown>;
  for (const name of at.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>;
  const last = at.at(-1);
  if (last !== undefined) holder[last] = value;
}
