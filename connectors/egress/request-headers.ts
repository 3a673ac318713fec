/** What is asked of a request's headers; the runtime's own `Headers` do it, too. */
export interface HeaderMap extends Iterable<[string, string]> {
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/** Every runtime allows it, and takes it as it is. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const MOST_KEPT = 1_000;
const LONGEST_KEPT = 64;
/** Names → as they are sent: calls use the same few again and again. */
const kept = new Map<string, string>();

/** In small letters; undefined for what is not plainly a name. */
function sentName(name: string): string | undefined {
  const known = kept.get(name);
  if (known !== undefined || !NAME.test(name)) return known;
  const sent = name.toLowerCase();
  if (kept.size >= MOST_KEPT) kept.clear();
  if (name.length <= LONGEST_KEPT) kept.set(name, sent);
  return sent;
}

/** Visible ASCII, with blanks and tabs between. */
function isPlain(value: string): boolean {
  for (let at = 0; at < value.length; at += 1) {
    const unit = value.charCodeAt(at);
    if (unit > 0x20 && unit < 0x7f) continue;
    if ((unit !== 0x20 && unit !== 0x09) || at === 0 || at === value.length - 1) return false;
  }
  return true;
}

/**
 * The headers of a request while it is built. Each look into the runtime's `Headers` leaves the isolate's own code, and iterating
 * them costs as much as all else that is done to a small request; these stay in it. Throws what `Headers` throws.
 */
export class RequestHeaders implements HeaderMap {
  readonly #values: Record<string, string> = {};

  constructor(values: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of values) this.set(name, value);
  }

  /** As `fetch` takes them. Nobody may change it. */
  get record(): Readonly<Record<string, string>> {
    return this.#values;
  }

  get(name: string): string | null {
    const sent = sentName(name) ?? name.toLowerCase();
    return Object.hasOwn(this.#values, sent) ? (this.#values[sent] ?? null) : null;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, sentName(name) ?? name.toLowerCase());
  }

  set(name: string, value: string): void {
    const sent = sentName(name);
    if (sent !== undefined && isPlain(value)) this.#put(sent, value);
    // Whatever is out of the ordinary is the runtime's to judge, and to write as it does.
    else this.#put(name.toLowerCase(), new Headers([[name, value]]).get(name) ?? "");
  }

  #put(name: string, value: string): void {
    if (name !== "__proto__") this.#values[name] = value;
    else Object.defineProperty(this.#values, name, { value, enumerable: true, writable: true, configurable: true });
  }

  delete(name: string): void {
    delete this.#values[sentName(name) ?? name.toLowerCase()];
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return Object.entries(this.#values)[Symbol.iterator]();
  }
}
