import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { openEmbedded } from "./embedded.ts";
import { handleHttp } from "./http.ts";
import { openPostgres } from "./postgres.ts";
import { handleWebSocket } from "./websocket.ts";

export interface NeonFrontOptions {
  /** Folder of the embedded database; null keeps it in memory. */
  dataDir: string | null;
  /** A real server to stand in front of instead (`postgres://user@host:port/name`, trust authentication). */
  postgresUrl?: string | undefined;
  /** 0 picks a free one. */
  port: number;
}

export interface NeonFront {
  port: number;
  close(): Promise<void>;
}

/** Speaks Neon's HTTP and WebSocket protocols on a local port. */
export async function startNeonFront({ dataDir, postgresUrl, port }: NeonFrontOptions): Promise<NeonFront> {
  const backend = await (postgresUrl === undefined ? openEmbedded(dataDir) : openPostgres(postgresUrl));
  const server = createServer((request, response) => handleHttp(backend, request, response));
  // Browsers say for which page they connect, drivers come without one: no page may speak to the database.
  const fromDriver = ({ origin }: { origin: string | undefined }): boolean => origin === undefined || origin === "";
  const sockets = new WebSocketServer({ server, path: "/v2", verifyClient: fromDriver });
  const clients = new Set<Promise<void>>();
  sockets.on("connection", (socket) => {
    const client = handleWebSocket(backend, socket).finally(() => clients.delete(client));
    clients.add(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: portOf(server.address()),
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      server.close();
      await Promise.allSettled(clients);
      await backend.close();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("The Neon front has no port");
  return address.port;
}
