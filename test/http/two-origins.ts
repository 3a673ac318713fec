import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface Arrived {
  method: string;
  host: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that keeps what arrives. `/to/STATUS?URL` redirects there by that status; anything else answers 200. */
export interface Origin {
  port: number;
  arrived: Arrived[];
  close(): Promise<void>;
}

export async function startOrigin(): Promise<Origin> {
  const arrived: Arrived[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      arrived.push({ method, path, headers, host: headers.host ?? "", body: Buffer.concat(chunks).toString() });
      const [, status, target] = /^\/to\/(\d{3})\?(.*)$/.exec(path) ?? [];
      if (status !== undefined && target !== undefined)
        response.writeHead(Number(status), { location: decodeURIComponent(target) }).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ method, path }));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    arrived,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
