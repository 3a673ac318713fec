import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between the Workers and Postgres: it can be cut, and it can lose answers of what was done. */
export class LossyWire {
  /** Where Postgres listens now; 0 while it does not. */
  target = 0;
  /** How many of a hundred answers are lost. */
  losesPercent = 0;
  lost = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<LossyWire> {
    const server = createServer((client) => wire.#join(client));
    const wire = new LossyWire(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return wire;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.target === 0) return void client.destroy();
    const server = connect(this.target, "127.0.0.1");
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (chunk) => server.write(chunk));
    server.on("data", (chunk) => {
      if (Math.random() * 100 >= this.losesPercent) return void client.write(chunk);
      this.lost += 1;
      client.destroy();
    });
  }
}
