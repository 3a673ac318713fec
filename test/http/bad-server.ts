import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Server as SocketServer,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:https";
import { gzipSync } from "node:zlib";
import { selfSigned } from "./self-signed.ts";

/** Servers of this machine that do what servers should not. */
export interface BadServers {
  /** HTTP: what a path does is in `ACTS`. */
  http: number;
  /** Speaks HTTP by hand, to break it: `RAW`. */
  raw: number;
  /** With a certificate that nobody vouches for. */
  tls: number;
  /** Paths that were asked for. */
  seen: string[];
  close(): Promise<void>;
}

type Act = (request: IncomingMessage, response: ServerResponse) => void;

const BOMB_BYTES = 200 * 1024 * 1024;
/** Made before anybody waits for it. */
const BOMB = gzipSync(Buffer.alloc(BOMB_BYTES));
const BLOCK = Buffer.alloc(65_536, "x");

function drip(response: ServerResponse, everyMs: number, piece: string): void {
  const timer = setInterval(() => response.write(piece), everyMs);
  response.on("close", () => clearInterval(timer));
}

/** As fast as the reader takes it. */
function endless(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(BLOCK));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}

const ACTS: Record<string, Act> = {
  "/ok": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}'),
  "/hang": () => undefined,
  "/slowbody": (_, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    drip(response, 50, "x");
  },
  "/endless": (_, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    endless(response);
  },
  "/large": (_, response) => response.writeHead(200).end(Buffer.alloc(7 * 1024 * 1024)),
  "/gzipbomb": (_, response) => {
    response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" }).end(BOMB);
  },
  "/notgzip": (_, response) =>
    response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" }).end("this is not gzip"),
  "/cutgzip": (_, response) => {
    const whole = gzipSync("compressed ".repeat(1_000));
    response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" }).end(whole.subarray(0, 40));
  },
  "/html": (_, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Sign in</title>"),
  "/htmlerror": (_, response) =>
    response.writeHead(502, { "content-type": "text/html" }).end(`<h1>Bad gateway</h1>${"x".repeat(100_000)}`),
  "/badjson": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end('{"a": 1,'),
  "/deep": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("[".repeat(100_000)),
  "/deepjson": (_, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end("[".repeat(50_000) + "]".repeat(50_000)),
  "/empty": (_, response) => response.writeHead(204).end(),
  "/loop": (_, response) => response.writeHead(302, { location: "/loop" }).end(),
  "/reset": (request) => request.socket.resetAndDestroy(),
  "/close": (request) => request.socket.destroy(),
  "/busy": (_, response) => response.writeHead(503, { "retry-after": "7" }).end("busy"),
  "/limited": (_, response) =>
    response.writeHead(429, { "retry-after": new Date(Date.now() + 90_000).toUTCString() }).end("slow down"),
};

function respond(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const status = /^\/status\/(\d{3})$/.exec(path)?.[1];
  if (status !== undefined)
    response.writeHead(Number(status), { "content-type": "application/json" }).end('{"said":"so"}');
  else if (ACTS[path] !== undefined) ACTS[path](request, response);
  else response.writeHead(404).end();
}

const head = (lines: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${lines}\r\n`;

const RAW: Record<string, (socket: Socket) => void> = {
  /** Less than it promised. */
  "/cut": (socket) => socket.end(`${head("Content-Length: 1000\r\n")}only this`),
  "/cutjson": (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a"'),
  /** JSON that begins with a byte order mark. */
  "/bom": (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n\ufeff{"a":1}'),
  /** More than it promised. */
  "/more": (socket) => socket.end(`${head("Content-Length: 4\r\nConnection: close\r\n")}four and more`),
  "/lengths": (socket) => socket.end(`${head("Content-Length: 4\r\nContent-Length: 9\r\n")}four`),
  "/nolength": (socket) => socket.end(`${head("Content-Length: many\r\n")}four`),
  "/garbage": (socket) => socket.end("\x00\x01\x02 this is not HTTP\r\n\r\n"),
  "/chunks": (socket) => socket.end(`${head("Transfer-Encoding: chunked\r\n")}zz\r\nwhat\r\n`),
  "/cutchunks": (socket) => socket.end(`${head("Transfer-Encoding: chunked\r\n")}4\r\nfour\r\n`),
  "/headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    let sent = 0;
    const more = () => {
      while (sent < 100_000 && !socket.destroyed) {
        sent += 1;
        if (!socket.write(`X-Flood-${sent}: ${"v".repeat(20)}\r\n`)) return void socket.once("drain", more);
      }
      socket.end("\r\n");
    };
    more();
  },
  "/bigheader": (socket) => socket.end(`HTTP/1.1 200 OK\r\nX-Big: ${"v".repeat(4 * 1024 * 1024)}\r\n\r\n`),
  "/half": (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Ty"),
  "/resetbody": (socket) => {
    socket.write(`${head("Content-Length: 1000\r\n")}begun`);
    setTimeout(() => socket.resetAndDestroy(), 50);
  },
};

function speak(socket: Socket): void {
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (data) => {
    text += data.toString("latin1");
    if (!text.includes("\r\n\r\n")) return;
    const path = text.split(" ")[1] ?? "";
    text = "";
    RAW[path]?.(socket);
  });
}

async function listen(server: Server | SocketServer): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

export async function startBadServers(): Promise<BadServers> {
  const seen: string[] = [];
  const serve: Act = (request, response) => {
    seen.push(request.url ?? "");
    respond(request, response);
  };
  const http = createHttpServer(serve);
  const sockets = new Set<Socket>();
  const raw = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    speak(socket);
  });
  const tls = createTlsServer(selfSigned("nobody vouches for it"), serve);
  return {
    http: await listen(http),
    raw: await listen(raw),
    tls: await listen(tls),
    seen,
    async close() {
      http.closeAllConnections();
      tls.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await Promise.all([http, raw, tls].map((server) => new Promise((done) => server.close(done))));
    },
  };
}
