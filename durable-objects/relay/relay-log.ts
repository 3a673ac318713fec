import { type EventLine, WINDOW_CHARS, WINDOW_EVENTS } from "../../contracts/stream-frames.ts";
import type { Following } from "../fan-out/fan-out.ts";

/** The newest events of one execution, as many as a window: whoever is further behind reads the log itself. */
export class RelayLog {
  #lines: EventLine[] = [];
  #chars = 0;
  #tip: number;
  #ended = false;

  constructor(tip: number) {
    this.#tip = tip;
  }

  get tip(): number {
    return this.#tip;
  }

  /** Takes what is new of `lines`; false when something between is missing, which is then forgotten as well. */
  add(lines: readonly EventLine[], ended: boolean): boolean {
    let whole = true;
    for (const line of lines) {
      if (line.id <= this.#tip) continue;
      if (line.id !== this.#tip + 1) {
        whole = false;
        this.#forget();
      }
      this.#lines.push(line);
      this.#chars += line.json.length;
      this.#tip = line.id;
    }
    if (ended) this.#ended = true;
    while (this.#lines.length > WINDOW_EVENTS || this.#chars > WINDOW_CHARS) {
      this.#chars -= this.#lines.shift()?.json.length ?? 0;
    }
    return whole;
  }

  /** The log goes up to `tip`, and what is between is not here. */
  jump(tip: number): void {
    this.#forget();
    this.#tip = Math.max(tip, this.#tip);
  }

  following(after: number): Following | null {
    if (after >= this.#tip) return { lines: [], ended: this.#ended && after === this.#tip };
    const first = this.#lines[0]?.id ?? this.#tip + 1;
    if (first > after + 1) return null;
    return { lines: this.#lines.slice(after + 1 - first), ended: this.#ended };
  }

  #forget(): void {
    this.#lines = [];
    this.#chars = 0;
  }
}
