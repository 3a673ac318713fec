import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between the Workers and Postgres, and can break every connection that there is. */
export class CutWire {
  /** Port that Postgres listens on now; 0 while it does not. */
  target = 0;
  /** Connections that were broken. */
  broken = 0;
  readonly #server: Server;
  readonly #pairs = new Set<readonly Socket[]>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<CutWire> {
    const server = createServer((client) => wire.#join(client));
    const wire = new CutWire(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Whatever was on its way, in either direction, is lost. */
  cut(): void {
    this.broken += this.#pairs.size;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.target === 0) return void client.destroy();
    const pair = [client, connect(this.target, "127.0.0.1")] as const;
    const [, database] = pair;
    this.#pairs.add(pair);
    client.pipe(database);
    database.pipe(client);
    for (const socket of pair) {
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
  }
}
