import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between the Workers and Postgres: it can be cut or silent, be slow, and lose answers of what was done. */
export class LossyWire {
  /** Where Postgres listens now; 0 while it does not. */
  target = 0;
  /** How many of a hundred answers are lost. */
  losesPercent = 0;
  lost = 0;
  /** How long each packet is on its way. */
  delayMs = 0;
  delayed = 0;
  /** It leads nowhere: connections are refused at once, or accepted and never answered. */
  away: "refuses" | "is silent" | undefined;
  /** Nobody is told how what says this ended. */
  withholds: string | undefined;
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

  /** Postgres goes away, in this manner, or is back: no connection of before lives on. */
  becomes(away: LossyWire["away"]): void {
    this.away = away;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** Postgres is gone, for those too who were talking to it. */
  cut(): void {
    this.target = 0;
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket): void {
    if (this.away === "is silent") {
      this.#sockets.add(client);
      client.on("error", () => client.destroy());
      client.on("close", () => this.#sockets.delete(client));
      return void client.resume();
    }
    if (this.target === 0 || this.away) return void client.destroy();
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
    let withheld = false;
    client.on("data", (chunk) => {
      withheld ||= this.withholds !== undefined && chunk.includes(this.withholds);
      this.#pass(chunk, server);
    });
    server.on("data", (chunk) => {
      if (withheld) return;
      if (Math.random() * 100 >= this.losesPercent) return this.#pass(chunk, client);
      this.lost += 1;
      client.destroy();
    });
  }

  /** In order, for all packets of a connection wait as long. */
  #pass(chunk: Buffer, to: Socket): void {
    if (this.delayMs === 0) return void to.write(chunk);
    this.delayed += 1;
    setTimeout(() => to.destroyed || to.write(chunk), this.delayMs);
  }
}
