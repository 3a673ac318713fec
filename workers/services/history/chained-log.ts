import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { ExecutionEvent } from "../../../contracts/execution-event.ts";
import { type ChainLink, LINK_EVERY, type LogEnd } from "../../../contracts/execution-history.ts";
import { chainNext, chainStart } from "../../../receipts/event-chain.ts";
import type { LogSource } from "./log-source.ts";

/** An event with the hash of its execution's log up to it. */
export type ChainedEvent = ExecutionEvent & { hash: string };

/** Part of a log, chained. */
export interface ChainedPart {
  events: ChainedEvent[];
  /** Null: there are more events. */
  end: LogEnd | null;
}

/**
 * The chain over one execution's log. It is computed where somebody asks for it, from the events themselves, and begins behind what was
 * computed before. What was told once is held to: a log that does not lead to a kept link any more is refused.
 */
export class ChainedLog {
  readonly #source: LogSource;
  readonly #links = new Map<number, string>();
  /** The last event that is chained; undefined before the first part. */
  #last: ChainLink | undefined;

  constructor(source: LogSource) {
    this.#source = source;
  }

  /** Hash of the log up to the last event that was read. */
  get head(): ChainLink {
    return this.#last ?? { seq: 0, hash: chainStart(this.#source.executionId) };
  }

  /** The next part, up to the event `upTo`; the first one begins with the last link at or before `after`. */
  async next(after: number, upTo = Number.MAX_SAFE_INTEGER): Promise<Result<ChainedPart>> {
    const last = this.#last;
    const part = await this.#source.read(last?.seq ?? after, last !== undefined, upTo);
    if (!part.ok) return part;
    const { from, events, kept, end } = part.value;
    this.#last ??= from ?? this.head;
    const chained = events.map((event) => this.#chain(event));
    const broken = kept.find(({ seq, hash }) => this.#links.get(seq) !== hash);
    if (broken) return altered(this.#source.executionId, broken);
    return success({ events: chained, end });
  }

  /** What the next one to ask may begin with: regular links, and the head where it was signed. What is not kept is computed again. */
  async keep(signed: boolean): Promise<void> {
    const { seq } = this.head;
    const links = [...this.#links].map(([at, hash]) => ({ seq: at, hash }));
    const worth = links.filter((link) => link.seq % LINK_EVERY === 0 || (signed && link.seq === seq));
    if (worth.length > 0) await this.#source.keep(worth).catch(() => undefined);
  }

  #chain(event: ExecutionEvent): ChainedEvent {
    const hash = chainNext(this.head.hash, { ...event });
    this.#last = { seq: event.id, hash };
    this.#links.set(event.id, hash);
    return { ...event, hash };
  }
}

function altered(executionId: string, { seq }: ChainLink): Failure {
  console.error(
    JSON.stringify({ level: "error", message: "a log is not what it was", execution_id: executionId, seq }),
  );
  const message = `The log of this execution is not what it was when it was asked for before: something up to event ${seq} has changed. Receipts from then are right, this log is not.`;
  return failure("INTERNAL_ERROR", message, { execution_id: executionId, event: seq });
}
