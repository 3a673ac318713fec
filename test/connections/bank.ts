import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";

const read = (name: string) => readFileSync(join(import.meta.dirname, "certificates", name), "utf8");

/** A service that takes nobody without a certificate of its authority, and says whose it saw. */
export async function startBank(): Promise<{ address: string; certificates: string; close(): void }> {
  const server: Server = createServer(
    {
      key: read("server.key"),
      cert: read("server.pem"),
      ca: read("ca.pem"),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      if (request.url === "/away") return void response.writeHead(302, { location: "http://api.test/api/echo" }).end();
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ client: subject.CN }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const own = {
    certificate: read("client.pem"),
    key: read("client.key"),
    ca: read("ca.pem"),
    address,
    host: "bank.test",
  };
  return {
    address,
    certificates: JSON.stringify({ bank: { tenants: "*", ...own }, "of-others": { tenants: ["ten_other"], ...own } }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
