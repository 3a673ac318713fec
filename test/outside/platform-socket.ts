import { WebSocket } from "ws";
import type { Client } from "./client.ts";
import { isMap, type Json, type JsonMap, parseJson } from "./json.ts";

/** A WebSocket to the platform, by the `ws` package: what came, and how it was closed. */
export class PlatformSocket {
  readonly messages: JsonMap[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const wake = (): void => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    socket.on("message", (data, isBinary) => {
      const message = parseJson(String(data));
      this.messages.push(!isBinary && isMap(message) ? message : { type: "not JSON text", text: String(data) });
      wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        resolve({ code, reason: String(reason) });
        wake();
      });
    });
  }

  /** Opens it, or answers the status with which it was refused. */
  static open(
    api: Client,
    path: string,
    more: { headers?: Record<string, string>; key?: null | string } = {},
  ): Promise<PlatformSocket | number> {
    const headers: Record<string, string> = { ...more.headers };
    if (more.key !== null) headers.authorization = `Bearer ${more.key ?? api.key}`;
    const socket = new WebSocket(api.baseUrl.replace(/^http/, "ws") + path, { headers });
    const made = new PlatformSocket(socket);
    return new Promise((resolve, reject) => {
      socket.on("open", () => resolve(made));
      socket.on("unexpected-response", (request, response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      });
      socket.on("error", reject);
    });
  }

  static async opened(api: Client, path: string, key?: string): Promise<PlatformSocket> {
    const socket = await PlatformSocket.open(api, path, { key });
    if (typeof socket === "number") throw new Error(`${path} was refused with ${socket}`);
    return socket;
  }

  /** What came that is an event of the log. */
  get events(): JsonMap[] {
    return this.messages.filter((message) => typeof message.id === "number");
  }

  say(message: Json | string): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Until what came is as wanted; throws, showing it, when the socket closes before or it takes too long. */
  async when(holds: () => boolean, seconds = 20): Promise<void> {
    const late = setTimeout(() => this.close(), seconds * 1000);
    while (!holds()) {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        throw new Error(`it never came: ${JSON.stringify(this.messages).slice(0, 2000)}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    clearTimeout(late);
  }

  close(): void {
    this.#socket.close();
  }
}
