import { DIRECT_READERS, PING, PONG, RELAY_HEADER } from "../../contracts/stream-frames.ts";
import { FanOut } from "../fan-out/fan-out.ts";
import type { EventLog } from "./event-log.ts";

/** The slice of an object's context that its sockets need. */
type SocketHost = Pick<DurableObjectState, "acceptWebSocket" | "getWebSockets" | "setWebSocketAutoResponse">;

/** The sockets by which a cell's executions are followed: a few readers of each, and relays for the others. */
export class LogSockets {
  readonly #host: SocketHost;
  readonly #log: EventLog;
  readonly #fanOut: FanOut;
  readonly #watching = new Map<string, () => void>();

  constructor(host: SocketHost, log: EventLog) {
    this.#host = host;
    this.#log = log;
    host.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#fanOut = new FanOut(
      {
        following: (executionId, after) => log.following(executionId, after),
        tip: (executionId) => log.tip(executionId),
        opened: (executionId) => {
          this.#watching.set(
            executionId,
            log.watch(executionId, () => this.#fanOut.flush(executionId)),
          );
        },
        closed: (executionId) => {
          this.#watching.get(executionId)?.();
          this.#watching.delete(executionId);
        },
      },
      host.getWebSockets(),
    );
  }

  /** `/<execution>?after=<sequence>[&relay=1]`: a socket; 404 for an execution that is not here; 409 names a relay. */
  open(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    const executionId = pathname.slice(1);
    const relay = searchParams.has("relay");
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    if (!this.#log.has(executionId)) return new Response(null, { status: 404 });
    if (!relay && this.#fanOut.readers(executionId) >= DIRECT_READERS) {
      const newest = Math.max(0, this.#fanOut.relays(executionId) - 1);
      return new Response(null, { status: 409, headers: { [RELAY_HEADER]: String(newest) } });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#host.acceptWebSocket(server);
    this.#fanOut.attach(server, executionId, Number(searchParams.get("after")), relay);
    return new Response(null, { status: 101, webSocket: client });
  }

  receive(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message === "string") this.#fanOut.receive(socket, message);
  }

  drop(socket: WebSocket): void {
    this.#fanOut.drop(socket);
  }
}
