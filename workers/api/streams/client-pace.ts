import { WINDOW_CHARS, WINDOW_EVENTS } from "../../../contracts/stream-frames.ts";

/** What may be under way to a client that never says what it has, and how fast that is taken as read. */
const BLIND_CHARS = 4_194_304;
const BLIND_CHARS_PER_S = 65_536;

interface Sent {
  id: number;
  chars: number;
}

/**
 * A Worker cannot see whether a client reads its WebSocket: what it sends lies in memory until then. A client that acknowledges
 * is sent a window at a time; one that does not, so much and no more.
 */
export class ClientPace {
  readonly #now: () => number;
  #unread: Sent[] = [];
  #chars = 0;
  #acknowledges: boolean;
  #blind = BLIND_CHARS;
  #blindAt: number;

  constructor(now: () => number, acknowledges: boolean) {
    this.#now = now;
    this.#acknowledges = acknowledges;
    this.#blindAt = now();
  }

  get acknowledges(): boolean {
    return this.#acknowledges;
  }

  sent(id: number, chars: number): void {
    if (!this.#acknowledges) {
      this.#blind = this.#allowance() - chars;
      this.#blindAt = this.#now();
    }
    this.#unread.push({ id, chars });
    this.#chars += chars;
    // Without acknowledgements only the newest matter, should they begin.
    while (!this.#acknowledges && this.#unread.length > WINDOW_EVENTS) this.#chars -= this.#unread.shift()?.chars ?? 0;
  }

  taken(id: number): void {
    this.#acknowledges = true;
    const unread = this.#unread.filter((sent) => sent.id > id);
    this.#chars = unread.reduce((sum, { chars }) => sum + chars, 0);
    this.#unread = unread;
  }

  /** False: what is under way is enough. An event that is larger than a window passes alone. */
  get open(): boolean {
    if (!this.#acknowledges) return this.#allowance() > 0;
    return this.#unread.length < WINDOW_EVENTS && this.#chars < WINDOW_CHARS;
  }

  #allowance(): number {
    const passed = ((this.#now() - this.#blindAt) / 1_000) * BLIND_CHARS_PER_S;
    return Math.min(BLIND_CHARS, this.#blind + passed);
  }
}
