import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface EchoService {
  /** `127.0.0.1:port`. */
  address: string;
  /** Values of `x-secret` that came. */
  secrets: string[];
  /** Headers of the calls that came without it. */
  heard: Record<string, unknown>[];
  close(): void;
}

/** A service that sends back what it was sent, and remembers it. */
export async function startEchoService(): Promise<EchoService> {
  const [secrets, heard]: [string[], Record<string, unknown>[]] = [[], []];
  const server = createServer(({ headers }, response) => {
    if (headers["x-secret"] === undefined) heard.push(headers);
    else secrets.push(String(headers["x-secret"]));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ sent: headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    heard,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
