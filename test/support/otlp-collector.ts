import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code: number; message?: string };
}

interface CollectedRequest {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: object;
}

/** A collector that speaks OTLP/HTTP with JSON, and refuses what its encoding does not allow. */
export class OtlpCollector {
  readonly requests: CollectedRequest[] = [];
  readonly wrong: string[] = [];
  /** What it answers. */
  status = 200;
  /** How often it was something else. */
  refused = 0;
  /** What it waits for before: for as long as there is anything, it answers nobody. */
  held: Promise<void> | undefined;
  /** Requests that are over though they are held: they were given up. */
  givenUp = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OtlpCollector> {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on("end", () => {
        const body = JSON.parse(text);
        collector.requests.push({ path: request.url ?? "", headers: request.headers, body });
        if (collector.status === 200) collector.#check(request.headers["content-type"], body);
        if (collector.status !== 200) collector.refused += 1;
        const { held } = collector;
        const answer = () => {
          response.writeHead(collector.status, { "content-type": "application/json" });
          response.end(
            collector.status === 200 ? "{}" : `{"echo": ${JSON.stringify(request.headers.authorization ?? "")}}`,
          );
        };
        if (held === undefined) return answer();
        response.once("close", () => {
          if (!response.writableEnded) collector.givenUp += 1;
        });
        void held.then(answer);
      });
    });
    const collector = new OtlpCollector(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Of every request that it took, in order. */
  get spans(): CollectedSpan[] {
    return this.requests.flatMap(({ body }) => spansOf(body));
  }

  #check(contentType: string | undefined, body: object): void {
    if (contentType !== "application/json") this.wrong.push(`content type ${contentType}`);
    for (const span of spansOf(body)) {
      const { traceId, spanId, parentSpanId, startTimeUnixNano: start, endTimeUnixNano: end, attributes } = span;
      if (!/^[0-9a-f]{32}$/.test(traceId) || /^0+$/.test(traceId)) this.wrong.push(`trace id ${traceId}`);
      for (const id of [spanId, ...(parentSpanId === undefined ? [] : [parentSpanId])])
        if (!/^[0-9a-f]{16}$/.test(id) || /^0+$/.test(id)) this.wrong.push(`span id ${id}`);
      if (!/^\d{19}$/.test(start) || !/^\d{19}$/.test(end) || BigInt(start) > BigInt(end))
        this.wrong.push(`times ${start} ${end}`);
      for (const { key, value } of attributes) {
        const [kind, ...more] = Object.keys(value);
        const whole = kind !== "intValue" || /^-?\d+$/.test(String(value.intValue));
        if (more.length > 0 || !whole || !["stringValue", "intValue", "boolValue", "doubleValue"].includes(kind ?? ""))
          this.wrong.push(`attribute ${key}: ${JSON.stringify(value)}`);
      }
    }
  }
}

function spansOf(body: object): CollectedSpan[] {
  const { resourceSpans = [] }: { resourceSpans?: { scopeSpans: { spans: CollectedSpan[] }[] }[] } = body;
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
