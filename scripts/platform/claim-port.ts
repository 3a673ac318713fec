import { createServer } from "node:net";

/** Below those that Linux and macOS give to whoever asks for any: the next client's socket may have one of them at any time. */
const FROM = 20_000;
const SPAN = 10_000;
const TRIES = 50;

/**
 * A free port of this machine (`wanted` 0), which stays free until somebody listens there, or `wanted` itself; rejects with EADDRINUSE
 * when it is taken.
 */
export async function claimPort(wanted: number): Promise<number> {
  if (wanted !== 0) return listenAt(wanted);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = await listenAt(FROM + Math.floor(Math.random() * SPAN)).catch(() => undefined);
    if (port !== undefined) return port;
  }
  return listenAt(0);
}

function listenAt(wanted: number): Promise<number> {
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
