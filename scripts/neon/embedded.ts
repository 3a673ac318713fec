import { PGlite } from "@electric-sql/pglite";
import type { Backend, Session } from "./session.ts";
import { BodyReader, cString, encodeMessage, type Message, splitMessages, transactionStatus } from "./wire.ts";

/*
 * PGlite is one PostgreSQL session. Each client gets the illusion of its own: it owns the session from the first
 * message of a transaction to the last, and its prepared statements carry a prefix.
 */

class Turn {
  #owner: object | null = null;
  readonly #waiting: { who: object; enter: () => void }[] = [];

  enter(who: object): Promise<void> {
    if (this.#owner === null || this.#owner === who) {
      this.#owner = who;
      return Promise.resolve();
    }
    return new Promise((enter) => this.#waiting.push({ who, enter }));
  }

  isHeldBy(who: object): boolean {
    return this.#owner === who;
  }

  leave(): void {
    const next = this.#waiting.shift();
    this.#owner = next?.who ?? null;
    next?.enter();
  }
}

class EmbeddedSession implements Session {
  readonly #database: PGlite;
  readonly #turn: Turn;
  readonly #prefix: string;
  readonly #statements = new Set<string>();
  #changedSettings = false;

  constructor(database: PGlite, turn: Turn, prefix: string) {
    this.#database = database;
    this.#turn = turn;
    this.#prefix = prefix;
  }

  async exchange(messages: Buffer): Promise<Buffer> {
    const renamed = Buffer.concat(splitMessages(messages).messages.map((message) => this.#rename(message)));
    await this.#turn.enter(this);
    return this.#send(renamed);
  }

  async close(): Promise<void> {
    const left: Buffer[] = [];
    if (this.#turn.isHeldBy(this)) left.push(encodeMessage("Q", cString("rollback")));
    if (this.#changedSettings) left.push(encodeMessage("Q", cString("reset all")));
    if (this.#statements.size > 0) {
      for (const name of this.#statements) left.push(encodeMessage("C", Buffer.from("S"), cString(name)));
      left.push(encodeMessage("S"));
    }
    for (const message of left) {
      await this.#turn.enter(this);
      await this.#send(message);
    }
  }

  async #send(messages: Buffer): Promise<Buffer> {
    let answer: Buffer;
    try {
      answer = Buffer.from(await this.#database.execProtocolRaw(messages));
    } catch (error) {
      this.#turn.leave();
      throw error;
    }
    const answered = splitMessages(answer).messages;
    if (answered.some(({ type, body }) => type === "C" && body.toString("latin1").startsWith("SET"))) {
      this.#changedSettings = true;
    }
    if (transactionStatus(answered) === "I") this.#turn.leave();
    return answer;
  }

  /** Puts this client's prefix before the names of its prepared statements. */
  #rename({ type, body }: Message): Buffer {
    const named = (name: string): Buffer => {
      if (name === "") return cString("");
      this.#statements.add(this.#prefix + name);
      return cString(this.#prefix + name);
    };
    const reader = new BodyReader(body);
    if (type === "P") {
      const name = named(reader.cString());
      return encodeMessage("P", name, reader.rest());
    }
    if (type === "B") {
      const portal = cString(reader.cString());
      const name = named(reader.cString());
      return encodeMessage("B", portal, name, reader.rest());
    }
    if ((type === "D" || type === "C") && body[0] === "S".charCodeAt(0)) {
      reader.text(1);
      return encodeMessage(type, Buffer.from("S"), named(reader.cString()));
    }
    return encodeMessage(type, body);
  }
}

/** Opens (or makes) the database in `dataDir`; in memory without one. */
export async function openEmbedded(dataDir: string | null): Promise<Backend> {
  const database = await (dataDir === null ? PGlite.create() : PGlite.create(dataDir));
  const turn = new Turn();
  let clients = 0;
  return {
    async connect() {
      clients += 1;
      return new EmbeddedSession(database, turn, `c${clients}_`);
    },
    close: () => database.close(),
  };
}
