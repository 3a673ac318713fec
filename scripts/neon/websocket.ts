import type { WebSocket } from "ws";
import type { Backend, Session } from "./session.ts";
import { cString, encodeMessage, int32, type Message, splitMessages } from "./wire.ts";

/** Requests for encryption come in the startup packet's place; a WebSocket needs none. */
const SSL_REQUEST = 80877103;

const SETTINGS: Record<string, string> = {
  server_version: "18.0",
  server_encoding: "UTF8",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  integer_datetimes: "on",
  DateStyle: "ISO, MDY",
};

/** The front is the whole of the server's greeting: whoever reaches this port is let in. */
const GREETING = Buffer.concat([
  encodeMessage("R", int32(0)),
  ...Object.entries(SETTINGS).map(([name, value]) => encodeMessage("S", cString(name), cString(value))),
  encodeMessage("K", int32(1), int32(1)),
  encodeMessage("Z", Buffer.from("I")),
]);

const ENDS_A_CYCLE = new Set(["S", "Q"]);

/** One client of `/v2`: PostgreSQL's protocol inside binary frames. */
class Client {
  readonly #socket: WebSocket;
  readonly #session: Session;
  #greeted = false;
  #buffer: Buffer = Buffer.alloc(0);
  #pending: Message[] = [];

  constructor(socket: WebSocket, session: Session) {
    this.#socket = socket;
    this.#session = session;
  }

  async receive(chunk: Buffer): Promise<void> {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (!this.#greeted && !this.#greet()) return;
    const { messages, rest } = splitMessages(this.#buffer);
    this.#buffer = rest;
    for (const message of messages) {
      if (message.type === "X") return this.#socket.close();
      // A password that the driver sends ahead of being asked; a flush, which the sync after it makes needless.
      if (message.type === "p" || message.type === "H") continue;
      this.#pending.push(message);
      if (ENDS_A_CYCLE.has(message.type)) await this.#flush();
    }
  }

  #greet(): boolean {
    while (this.#buffer.length >= 8 && this.#buffer.length >= this.#buffer.readInt32BE(0)) {
      const isSslRequest = this.#buffer.readInt32BE(4) === SSL_REQUEST;
      this.#buffer = this.#buffer.subarray(this.#buffer.readInt32BE(0));
      if (isSslRequest) {
        this.#socket.send(Buffer.from("N"));
        continue;
      }
      this.#greeted = true;
      this.#socket.send(GREETING);
      return true;
    }
    return false;
  }

  async #flush(): Promise<void> {
    const cycle = Buffer.concat(this.#pending.map(({ type, body }) => encodeMessage(type, body)));
    this.#pending = [];
    const answer = await this.#session.exchange(cycle);
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(answer);
  }
}

/** Serves a connected client until it goes; what it left open is rolled back. */
export async function handleWebSocket(backend: Backend, socket: WebSocket): Promise<void> {
  const early: Buffer[] = [];
  let deliver = (chunk: Buffer): void => {
    early.push(chunk);
  };
  let close = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  socket.on("message", (data: Buffer) => deliver(data));
  socket.on("close", () => close());
  socket.on("error", () => socket.close());
  const session = await backend.connect();
  const client = new Client(socket, session);
  let work = Promise.resolve();
  deliver = (chunk) => {
    work = work.then(() => client.receive(chunk)).catch(() => socket.close());
  };
  for (const chunk of early) deliver(chunk);
  await closed;
  await work;
  await session.close();
}
