import { DurableObject } from "cloudflare:workers";

const TICK = "signal.received";

/** An event log with readers: each event is a row, and a frame to every open stream when the row is on disk. */
export class Fan extends DurableObject {
  readonly #readers = new Set<WritableStreamDefaultWriter<Uint8Array>>();
  #left = 0;

  constructor(state: DurableObjectState, env: object) {
    super(state, env);
    state.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)");
  }

  /** It takes so many events, and is over. */
  begin(ticks: number): void {
    this.#left = ticks;
  }

  async tick(payload: unknown): Promise<number> {
    const { storage } = this.ctx;
    const event = JSON.stringify({ type: TICK, timestamp: new Date().toISOString(), data: { name: "tick", payload } });
    const [row] = storage.sql
      .exec<{ seq: number }>("INSERT INTO log (event) VALUES (?) RETURNING seq", event)
      .toArray();
    const id = row?.seq ?? 0;
    // The gate that holds back messages until rows are on disk does not hold back what an open stream is given.
    await storage.sync();
    const frame = new TextEncoder().encode(`id: ${id}\nevent: ${TICK}\ndata: ${event}\n\n`);
    this.#left -= 1;
    for (const reader of this.#readers) {
      reader.write(frame).catch(() => this.#readers.delete(reader));
      if (this.#left === 0) reader.close().catch(() => undefined);
    }
    return id;
  }

  /** A reader: the stream of what comes from now on. */
  override fetch(): Response {
    const { readable, writable } = new IdentityTransformStream();
    const reader = writable.getWriter();
    // Without a first byte no header leaves.
    reader.write(new TextEncoder().encode("retry: 2000\n\n")).catch(() => this.#readers.delete(reader));
    this.#readers.add(reader);
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  }
}
