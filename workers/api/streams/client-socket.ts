import { CLOSE, type StreamCommand, streamCommand } from "../../../contracts/api/stream-commands.ts";
import { failure, type Failure } from "../../../contracts/errors.ts";
import type { Context } from "../../services/context.ts";
import { wantsLine } from "../../services/streams/event-selection.ts";
import { followLog, type Lines } from "../../services/streams/follow-log.ts";
import { openStream, type OpenedStream, type StreamWish } from "../../services/streams/open-stream.ts";
import type { PlatformSocket } from "../../services/streams/platform-socket.ts";
import { runStreamCommand } from "../../services/streams/run-command.ts";
import type { Access } from "../middleware/access.ts";
import { parseJson } from "../../../contracts/parse-json.ts";
import { checked } from "../middleware/parse-request.ts";
import { ClientPace } from "./client-pace.ts";
import type { HeldStream } from "../../services/streams/stream-lease.ts";
import { whileAllowed } from "./while-allowed.ts";

const KEEP_ALIVE_MS = 15_000;
/** Commands of one client that wait for their turn. */
const MOST_WAITING = 32;
const MOST_CHARS = 1_100_000;
/** How long the end of an execution waits for the answer to the command that caused it. */
const LAST_ANSWER_MS = 2_000;

/** Who opened a WebSocket, and for what. */
export interface Client {
  context: Context;
  executionId: string;
  wish: StreamWish;
  access: Access;
  /** It says what it has, from the start. */
  acknowledges: boolean;
  /** Its place among the tenant's streams. */
  held: HeldStream;
}

/** A client's WebSocket: one execution's events to it, its commands to the execution. */
class ClientSocket {
  readonly #socket: PlatformSocket;
  readonly #context: Context;
  readonly #executionId: string;
  readonly #wish: StreamWish;
  readonly #open = new AbortController();
  readonly #pace: ClientPace;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #reading = new AbortController();
  #commands: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #tookMore: (() => void) | undefined;

  constructor(socket: PlatformSocket, { context, executionId, wish, access, acknowledges, held }: Client) {
    this.#socket = socket;
    this.#context = context;
    this.#executionId = executionId;
    this.#wish = wish;
    this.#pace = new ClientPace(context.ports.now, acknowledges);
    socket.onMessage((data) => this.#receive(data));
    socket.onClose(() => this.#end());
    this.#afterSilence();
    this.#open.signal.addEventListener("abort", held.end, { once: true });
    const allowed = whileAllowed(access, this.#open.signal);
    allowed.addEventListener("abort", () => this.#close(CLOSE.revoked));
  }

  /** Sends from an opened stream on, in place of what was being sent. */
  read(opened: OpenedStream): void {
    const { selection } = opened;
    this.#reading.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.#open.signal, this.#reading.signal]);
    const send = async (): Promise<void> => {
      for await (const lines of followLog(this.#context, opened, signal)) {
        const wanted = lines.filter((line) => wantsLine(selection, line));
        if (!(await this.#sendAll(wanted, signal))) return;
      }
      // What the client did last may have ended the execution: it is told so first.
      if (!signal.aborted) await Promise.race([this.#commands, this.#context.ports.wait(LAST_ANSWER_MS)]);
      if (!signal.aborted) this.#close(CLOSE.ended);
    };
    send().catch((error: unknown) => {
      console.error("a stream broke off", error);
      this.#close(CLOSE.restarting);
    });
  }

  async #sendAll(lines: Lines, signal: AbortSignal): Promise<boolean> {
    for (const { id, json } of lines) {
      if (!this.#pace.open && !(await this.#drained(signal))) return false;
      this.#send(json);
      this.#pace.sent(id, json.length);
    }
    return !signal.aborted;
  }

  /** Waits until a client that acknowledges has taken some; one that does not, or not in time, is cut off. */
  async #drained(signal: AbortSignal): Promise<boolean> {
    const until = this.#context.ports.now() + this.#context.ports.drainMs;
    while (this.#pace.acknowledges && !this.#pace.open && !signal.aborted) {
      const leftMs = until - this.#context.ports.now();
      if (leftMs <= 0) break;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, leftMs);
        signal.addEventListener("abort", done);
        this.#tookMore = done;
      });
    }
    if (!signal.aborted && !this.#pace.open) this.#close(CLOSE.slow);
    return !signal.aborted && this.#pace.open;
  }

  #receive(data: unknown): void {
    const command = typeof data === "string" && data.length <= MOST_CHARS ? parseJson(data) : tooMuch();
    const known = command.ok ? checked(streamCommand, command.value) : command;
    if (!known.ok) return this.#refuse(known, undefined);
    this.#obey(known.value);
  }

  #obey(command: StreamCommand): void {
    switch (command.type) {
      case "ping":
        return this.#send(JSON.stringify({ type: "pong", ref: command.ref }));
      case "ack":
        this.#pace.taken(command.id);
        return this.#tookMore?.();
      default: {
        if (this.#waiting >= MOST_WAITING)
          return this.#refuse(failure("RATE_LIMITED", "Too many commands are waiting."), command);
        this.#waiting += 1;
        const turn = this.#commands.then(() =>
          command.type === "resume" ? this.#resume(command) : this.#act(command),
        );
        this.#commands = turn
          .catch((error: unknown) => {
            console.error("a command over a stream failed", error);
            this.#refuse(failure("UNAVAILABLE", "A part of the platform cannot be reached right now."), command);
          })
          .finally(() => {
            this.#waiting -= 1;
          });
      }
    }
  }

  async #resume(command: Extract<StreamCommand, { type: "resume" }>): Promise<void> {
    const stream = await openStream(this.#context, this.#executionId, { ...this.#wish, after: command.after });
    if (stream.ok) this.read(stream.value);
    else this.#refuse(stream, command);
  }

  async #act(command: Extract<StreamCommand, { type: "cancel" | "event" | "message" }>): Promise<void> {
    const refused = await runStreamCommand(this.#context, this.#executionId, command);
    if (refused) this.#refuse(refused, command);
    else this.#send(JSON.stringify({ type: "accepted", command: command.type, ref: command.ref }));
  }

  #refuse({ code, message, details }: Failure, command: { type: string; ref?: string } | undefined): void {
    this.#send(JSON.stringify({ type: "error", code, message, details, command: command?.type, ref: command?.ref }));
  }

  #send(text: string): void {
    if (this.#open.signal.aborted) return;
    this.#afterSilence();
    this.#socket.send(text);
  }

  #afterSilence(): void {
    if (this.#silence !== undefined) clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#send(JSON.stringify({ type: "keepalive" })), KEEP_ALIVE_MS);
  }

  #close({ code, reason }: { code: number; reason: string }): void {
    if (this.#open.signal.aborted) return;
    this.#socket.close(code, reason);
    this.#end();
  }

  #end(): void {
    if (this.#silence !== undefined) clearTimeout(this.#silence);
    this.#open.abort();
  }
}

function tooMuch(): Failure {
  return failure("PAYLOAD_TOO_LARGE", "A command is text of at most 1 MiB.");
}

/** Takes over a client's end of a WebSocket, and sends from an opened stream on. */
export function clientSocket(client: Client, stream: OpenedStream): Response {
  const { response, socket } = client.context.ports.streams.upgrade();
  new ClientSocket(socket, client).read(stream);
  return response;
}
