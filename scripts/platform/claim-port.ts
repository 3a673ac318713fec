import { createServer } from "node:net";

/** A free port of this machine (`wanted` 0), or `wanted` itself; rejects with EADDRINUSE when it is taken. */
export function claimPort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
