import { get, type IncomingMessage } from "node:http";
import type { TestPlatform } from "../support/test-platform.ts";
import { authorized } from "./event-reader.ts";

/** A reader by SSE that takes what it is let take, and knows nothing but where frames end. */
export class BareReader {
  readonly ids: number[] = [];
  closed = false;
  readonly #response: Promise<IncomingMessage>;
  #rest = "";

  constructor(platform: TestPlatform, path: string, after = 0) {
    const resume = after > 0 ? { "last-event-id": String(after) } : {};
    const headers = { ...authorized(platform), accept: "text/event-stream", ...resume };
    this.#response = new Promise((resolve, reject) => {
      get(platform.url + path, { headers, agent: false }, (response) => {
        const end = (): void => {
          this.closed = true;
        };
        response.on("close", end).on("error", end);
        resolve(response);
      }).on("error", reject);
    });
  }

  /** Takes all there is, as it comes. */
  async fast(): Promise<this> {
    const response = await this.#response;
    response.on("data", (chunk: Buffer) => this.#take(chunk.toString()));
    return this;
  }

  /** Takes a kilobyte a second, until it is to take all. */
  async slow(): Promise<{ drain(): Promise<unknown> }> {
    const response = await this.#response;
    response.pause();
    const timer = setInterval(() => {
      const chunk: Buffer | null = response.read(1_024);
      if (chunk) this.#take(chunk.toString());
    }, 1_000);
    return {
      drain: () => {
        clearInterval(timer);
        const taking = this.fast();
        response.resume();
        return taking;
      },
    };
  }

  /** Counts frames that are whole: one that was cut in the middle is sent again to who resumes. */
  #take(text: string): void {
    const frames = (this.#rest + text).split("\n\n");
    this.#rest = frames.pop() ?? "";
    for (const frame of frames) {
      const id = /^id: ?(\d+)$/m.exec(frame)?.[1];
      if (id !== undefined) this.ids.push(Number(id));
    }
  }
}
