import type { Env } from "./env.ts";
import type { PlatformSocket, SocketAnswer, StreamPlatform } from "./services/streams/platform-socket.ts";

/** An object whose sockets are opened by a request. */
export interface SocketDoor {
  fetch(request: Request): Promise<Response>;
}

function platformSocket(socket: WebSocket): PlatformSocket {
  socket.accept();
  return {
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    onMessage: (listener) => socket.addEventListener("message", ({ data }) => listener(data)),
    onClose: (listener) => {
      socket.addEventListener("close", listener);
      socket.addEventListener("error", listener);
    },
  };
}

async function open(door: SocketDoor, path: string): Promise<SocketAnswer> {
  const request = new Request(`https://object${path}`, { headers: { upgrade: "websocket" } });
  const { status, webSocket, headers } = await door.fetch(request);
  const socket = webSocket ? platformSocket(webSocket) : null;
  return { status, socket, header: (name) => headers.get(name) };
}

/** Streams by the bindings of this Worker. */
export function streamPlatform(env: Pick<Env, "COORDINATOR" | "FEED" | "RELAY">): StreamPlatform {
  return {
    toCell: (cell, path) => open(env.COORDINATOR.getByName(cell), path),
    toRelay: (relay, path) => open(env.RELAY.getByName(relay), path),
    toFeed: (feed, path) => open(env.FEED.getByName(feed), path),
    upgrade: () => {
      const { 0: client, 1: server } = new WebSocketPair();
      const socket = platformSocket(server);
      return { response: new Response(null, { status: 101, webSocket: client }), socket };
    },
    pipe: () => new IdentityTransformStream(),
  };
}
