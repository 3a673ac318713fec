import { connect, type Socket } from "node:net";
import { decodeError } from "./query.ts";
import type { Backend, Session } from "./session.ts";
import { cString, encodeMessage, int32, type Message, splitMessages, transactionStatus } from "./wire.ts";

const PROTOCOL_VERSION = 196608;
const MAX_SESSIONS = 16;

/** One TCP connection to a real server. */
class PostgresConnection {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #received: Buffer[] = [];
  #waiting: { resolve: (answer: Buffer) => void; reject: (error: Error) => void } | null = null;
  status: string | null = null;
  failure: Error | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("PostgreSQL closed the connection")));
  }

  send(bytes: Buffer): Promise<Buffer> {
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const { messages, rest } = splitMessages(Buffer.concat([this.#buffer, chunk]));
    this.#buffer = rest;
    for (const message of messages) {
      this.#received.push(encodeMessage(message.type, message.body));
      if (message.type === "Z") this.#settle([message]);
      if (message.type === "R" && message.body.readInt32BE(0) !== 0) {
        this.#fail(new Error("PostgreSQL asks for a password: only trust authentication is supported here"));
      }
    }
  }

  #settle(messages: Message[]): void {
    this.status = transactionStatus(messages);
    const answer = Buffer.concat(this.#received);
    this.#received = [];
    this.#waiting?.resolve(answer);
    this.#waiting = null;
  }

  #fail(error: Error): void {
    const reported = this.#received.map((bytes) => splitMessages(bytes).messages[0]).find((one) => one?.type === "E");
    this.failure ??= reported === undefined ? error : decodeError(reported.body);
    this.#waiting?.reject(this.failure);
    this.#waiting = null;
  }
}

async function openConnection(url: URL): Promise<PostgresConnection> {
  const connection = new PostgresConnection(connect({ host: url.hostname, port: Number(url.port || 5432) }));
  const settings = ["user", decodeURIComponent(url.username || "postgres"), "database", url.pathname.slice(1)];
  const body = Buffer.concat([int32(PROTOCOL_VERSION), ...settings.map(cString), Buffer.from("\0")]);
  await connection.send(Buffer.concat([int32(body.length + 4), body]));
  return connection;
}

/** A small pool in front of a real server: every client has a connection of its own while it is connected. */
export async function openPostgres(postgresUrl: string): Promise<Backend> {
  const url = new URL(postgresUrl);
  const idle: PostgresConnection[] = [];
  const open = new Set<PostgresConnection>();
  const waiting: (() => void)[] = [];

  async function take(): Promise<PostgresConnection> {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      if (found.failure === null) return found;
      open.delete(found);
    }
    while (open.size >= MAX_SESSIONS) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      const found = idle.pop();
      if (found !== undefined) return found;
    }
    const connection = await openConnection(url);
    open.add(connection);
    return connection;
  }

  async function giveBack(connection: PostgresConnection): Promise<void> {
    try {
      if (connection.status !== "I") await connection.send(encodeMessage("Q", cString("rollback")));
      await connection.send(encodeMessage("Q", cString("discard all")));
      idle.push(connection);
    } catch {
      open.delete(connection);
      connection.end();
    }
    waiting.shift()?.();
  }

  idle.push(await openConnection(url));
  for (const connection of idle) open.add(connection);
  return {
    async connect(): Promise<Session> {
      const connection = await take();
      return { exchange: (messages) => connection.send(messages), close: () => giveBack(connection) };
    },
    async close() {
      for (const connection of open) connection.end();
    },
  };
}
