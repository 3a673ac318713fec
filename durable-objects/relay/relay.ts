import { DurableObject } from "cloudflare:workers";
import {
  PING,
  PONG,
  readStreamFrame,
  RELAY_HEADER,
  RELAY_READERS,
  WINDOW_CHARS,
  WINDOW_EVENTS,
  writeResume,
  writeTaken,
} from "../../contracts/stream-frames.ts";
import { FanOut } from "../fan-out/fan-out.ts";
import { RelayLog } from "./relay-log.ts";

export interface RelayEnv {
  COORDINATOR: { getByName(name: string): { fetch(request: Request): Promise<Response> } };
}

/** Retries to reach the cell: the first, and the longest pause. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** How often a relay that was evicted finds that its readers are still there. */
const CHECK_MS = 20_000;

/**
 * Serves the readers of one execution that its cell does not serve itself: one socket to the cell, many to readers. Its name is
 * `<execution>/<number>`. It keeps nothing but the newest window; all else is read of the cell's log.
 */
export class Relay extends DurableObject<RelayEnv> {
  readonly #fanOut: FanOut;
  #log: RelayLog | undefined;
  #upstream: WebSocket | undefined;
  #connecting: Promise<number> | undefined;
  /** Readers that wait for the connection, and are not yet with the others. */
  #coming = 0;
  /** Taken of the cell and not yet said. */
  #events = 0;
  #chars = 0;

  constructor(ctx: DurableObjectState, env: RelayEnv) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#fanOut = new FanOut(
      {
        following: (_channel, after) => this.#log?.following(after) ?? null,
        tip: () => this.#log?.tip ?? 0,
        opened: () => void ctx.storage.setAlarm(Date.now() + CHECK_MS),
        closed: () => this.#release(),
      },
      ctx.getWebSockets(),
    );
    const [channel] = this.#fanOut.channels;
    // It was evicted under its readers, and has missed what came since.
    if (channel !== undefined) void this.#stayConnected(channel, 0);
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const executionId = url.pathname.slice(1);
    const after = Number(url.searchParams.get("after"));
    const channel = `${url.searchParams.get("cell")}\n${executionId}`;
    if (this.#fanOut.readers(channel) >= RELAY_READERS) {
      const next = Number(this.ctx.id.name?.split("/").at(-1)) + 1;
      return new Response(null, { status: 409, headers: { [RELAY_HEADER]: String(next) } });
    }
    this.#coming += 1;
    const status = await this.#connect(channel, after).finally(() => {
      this.#coming -= 1;
    });
    if (status !== 101) return new Response(null, { status });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#fanOut.attach(server, channel, after, false);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message === "string") this.#fanOut.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#fanOut.drop(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#fanOut.drop(socket);
  }

  override async alarm(): Promise<void> {
    const [channel] = this.#fanOut.channels;
    if (channel === undefined) return;
    await this.ctx.storage.setAlarm(Date.now() + CHECK_MS);
    if (!this.#upstream && !this.#connecting) void this.#stayConnected(channel, 0);
  }

  /** The one socket to the cell; readers that come meanwhile wait for the same. Answers the cell's status. */
  #connect(channel: string, after: number): Promise<number> {
    if (this.#upstream) return Promise.resolve(101);
    this.#connecting ??= this.#open(channel, after).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #open(channel: string, after: number): Promise<number> {
    const [cell = "", executionId = ""] = channel.split("\n");
    this.#log ??= new RelayLog(after);
    const log = this.#log;
    const url = `https://cell/${executionId}?after=${log.tip}&relay=1`;
    const request = new Request(url, { headers: { upgrade: "websocket" } });
    const answer = await this.env.COORDINATOR.getByName(cell).fetch(request);
    const socket = answer.webSocket;
    if (!socket) return answer.status;
    socket.accept();
    // The last reader has gone meanwhile, and its log with it: what comes by this socket would reach nobody who came since.
    if (this.#log !== log) {
      socket.close(1000, "no readers");
      return this.#coming > 0 ? this.#open(channel, 0) : 503;
    }
    this.#upstream = socket;
    this.#events = 0;
    this.#chars = 0;
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#take(socket, log, channel, data);
    });
    const lost = (): void => {
      if (this.#upstream !== socket) return;
      this.#upstream = undefined;
      void this.#stayConnected(channel, FIRST_PAUSE_MS);
    };
    socket.addEventListener("close", lost);
    socket.addEventListener("error", lost);
    return 101;
  }

  async #stayConnected(channel: string, firstPauseMs: number): Promise<void> {
    for (let pauseMs = firstPauseMs; this.#fanOut.readers(channel) > 0; ) {
      if (pauseMs > 0) await scheduler.wait(pauseMs);
      const status = await this.#connect(channel, 0).catch(() => 503);
      if (status === 101) return;
      pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    }
  }

  #take(socket: WebSocket, log: RelayLog, channel: string, text: string): void {
    const frame = readStreamFrame(text);
    if (frame === null) return;
    if (frame.kind === "behind") {
      log.jump(frame.last);
      this.#fanOut.fallBehind(channel);
      socket.send(writeResume(log.tip));
      return;
    }
    log.add(frame.lines, frame.ended);
    this.#fanOut.flush(channel);
    this.#events += frame.lines.length;
    this.#chars += text.length;
    if (this.#events < WINDOW_EVENTS / 4 && this.#chars < WINDOW_CHARS / 4) return;
    socket.send(writeTaken(log.tip, this.#chars));
    this.#events = 0;
    this.#chars = 0;
  }

  /** The last reader has gone. */
  #release(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    this.#log = undefined;
    upstream?.close(1000, "no readers");
  }
}
