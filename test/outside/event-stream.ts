import type { Client } from "./client.ts";
import { isMap, type Json, type JsonMap, parseJson, read } from "./json.ts";

/** One event of a stream, as it came. */
export interface Frame {
  id: string;
  event: string;
  data: JsonMap;
}

/**
 * Reads Server-Sent Events strictly: throws at whatever our platform has no reason to send (fields that are none, an event
 * without id, type or data, data that is no JSON object, an end in the middle of an event).
 */
export class EventStream {
  readonly status: number;
  readonly headers: Headers;
  /** The whole answer, when it is not a stream. */
  readonly text: string;
  readonly comments: string[] = [];
  /** The last `id` that came, with an event or alone: what `Last-Event-ID` would say. */
  lastId = "";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly #abort: AbortController;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest = "";

  private constructor(response: Response, text: string, abort: AbortController, streams: boolean) {
    this.status = response.status;
    this.headers = response.headers;
    this.text = text;
    this.#abort = abort;
    this.#reader = streams ? (response.body?.getReader() ?? null) : null;
  }

  /** With the client's key, unless `headers` says otherwise or `key` is null. */
  static async open(
    api: Client,
    path: string,
    headers: Record<string, string> = {},
    key?: null | string,
  ): Promise<EventStream> {
    const abort = new AbortController();
    const sent = new Headers({ accept: "text/event-stream", ...headers });
    if (key !== null) sent.set("authorization", `Bearer ${key ?? api.key}`);
    const response = await fetch(api.baseUrl + path, { headers: sent, signal: abort.signal, redirect: "manual" });
    const streams = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    return new EventStream(response, streams ? "" : await response.text(), abort, streams);
  }

  /** The body of an answer that is not a stream. */
  get body(): Json | undefined {
    return parseJson(this.text);
  }

  /** The next event; null when the platform has closed the stream. */
  async next(): Promise<Frame | null> {
    if (this.#reader === null) throw new Error(`not a stream: ${this.status} ${this.text.slice(0, 500)}`);
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        const frame = this.#parse(block);
        if (frame !== null) return frame;
        continue;
      }
      const { done, value } = await this.#reader.read();
      if (done) {
        if (this.#rest.trim() !== "") throw new Error(`the stream ends within an event: ${this.#rest}`);
        return null;
      }
      this.#rest += this.#decoder.decode(value, { stream: true }).replaceAll("\r\n", "\n");
    }
  }

  /** Every event until the platform closes the stream, or until one is as wanted. */
  async until(enough: (frame: Frame) => boolean = () => false): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame === null) return frames;
      frames.push(frame);
      if (enough(frame)) return frames;
    }
  }

  close(): void {
    this.#abort.abort();
  }

  #parse(block: string): Frame | null {
    const fields = new Map<string, string>();
    for (const line of block.split("\n")) {
      if (line === "") continue;
      if (line.startsWith(":")) {
        this.comments.push(line.slice(1).trim());
        continue;
      }
      const [, name = "", value = ""] = /^(id|event|data|retry): ?(.*)$/.exec(line) ?? [];
      if (name === "") throw new Error(`not a field of Server-Sent Events: ${line}`);
      fields.set(name, name === "data" && fields.has("data") ? `${fields.get("data")}\n${value}` : value);
    }
    const [id, event, data] = [fields.get("id"), fields.get("event"), parseJson(fields.get("data") ?? "")];
    this.lastId = id ?? this.lastId;
    if (event === undefined && !fields.has("data")) return null;
    if (id === undefined || event === undefined || !isMap(data)) throw new Error(`not a whole event: ${block}`);
    return { id, event, data };
  }
}

/** The sequences of events. */
export function idsOf(frames: readonly Frame[]): number[] {
  return frames.map(({ id }) => Number(id));
}

/** Every event of an execution that has ended or will. */
export async function wholeLog(api: Client, executionId: string, query = ""): Promise<Frame[]> {
  const stream = await EventStream.open(api, `/workflows/executions/${executionId}/events${query}`);
  return stream.until();
}

/** Throws, showing where, unless these are the events from `first` on, each once and in order. */
export function assertGapless(frames: readonly Frame[], first = 1): void {
  for (const [at, frame] of frames.entries()) {
    if (frame.id !== String(first + at)) {
      throw new Error(`event ${first + at} is missing or repeated: ${JSON.stringify(idsOf(frames))}`);
    }
    if (read(frame.data, "id") !== first + at) throw new Error(`id ${frame.id} has ${JSON.stringify(frame.data)}`);
    if (frame.data.type !== frame.event) throw new Error(`${frame.event} has ${JSON.stringify(frame.data)}`);
  }
}
