import { createServer, connect, type Server, type Socket } from "node:net";

/** Stands between a client and the platform, and cuts their connections when it is told to. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** How many connections there have been. */
  count = 0;
  readonly port: number;

  private constructor(server: Server, port: number, target: URL) {
    this.#server = server;
    this.port = port;
    server.on("connection", (client) => {
      this.count++;
      const upstream = connect(Number(target.port), target.hostname);
      for (const [one, two] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#open.add(one);
        one.pipe(two);
        one.on("error", () => two.destroy());
        one.on("close", () => {
          this.#open.delete(one);
          two.destroy();
        });
      }
    });
  }

  static async start(target: string): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new CuttingProxy(server, address.port, new URL(target));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
