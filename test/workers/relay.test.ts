import { beforeAll, expect, test, vi } from "vitest";
import { writeEvents } from "../../contracts/stream-frames.ts";
import { Relay } from "../../durable-objects/relay/relay.ts";

vi.mock("cloudflare:workers", () => ({
  DurableObject: class {
    readonly ctx: unknown;
    readonly env: unknown;
    constructor(ctx: unknown, env: unknown) {
      this.ctx = ctx;
      this.env = env;
    }
  },
}));

/** Either end of a socket: what is sent to it, and what a test lets it say. */
class TestSocket {
  readonly sent: string[] = [];
  closed = false;
  #attached: unknown = null;
  readonly #listeners = new Map<string, (event: { data: string }) => void>();

  accept(): void {}
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
  serializeAttachment(value: unknown): void {
    this.#attached = value;
  }
  deserializeAttachment(): unknown {
    return this.#attached;
  }
  addEventListener(type: string, listener: (event: { data: string }) => void): void {
    this.#listeners.set(type, listener);
  }
  say(type: string, data = ""): void {
    this.#listeners.get(type)?.({ data });
  }
}

const made: TestSocket[] = [];

beforeAll(() => {
  vi.stubGlobal("WebSocketRequestResponsePair", class {});
  vi.stubGlobal("scheduler", { wait: async () => undefined });
  vi.stubGlobal(
    "WebSocketPair",
    class {
      readonly 0 = new TestSocket();
      readonly 1 = new TestSocket();
      constructor() {
        made.push(this[1]);
      }
    },
  );
  vi.stubGlobal(
    "Response",
    class {
      readonly status: number;
      constructor(_body: null, { status }: { status: number }) {
        this.status = status;
      }
    },
  );
});

type Connect = (answer: { status: number; webSocket: TestSocket }) => void;

/** A relay whose cell answers each connection when the test says so. */
function relayWorld() {
  const connects: Connect[] = [];
  const fetchCell = () => new Promise((resolve: Connect) => void connects.push(resolve));
  const ctx = {
    id: { name: "exec_a/1" },
    storage: { setAlarm: async () => undefined },
    setWebSocketAutoResponse: () => undefined,
    acceptWebSocket: () => undefined,
    getWebSockets: () => [],
  };
  const relay = relayOf(ctx, { COORDINATOR: { getByName: () => ({ fetch: fetchCell }) } });
  const reads = () => relay.fetch(new Request("https://relay/exec_a?after=0&cell=s0"));
  const answer = async (at: number): Promise<TestSocket> => {
    await vi.waitFor(() => expect(connects.length).toBeGreaterThan(at), { timeout: 10_000 });
    const webSocket = new TestSocket();
    connects[at]?.({ status: 101, webSocket });
    await settle();
    return webSocket;
  };
  return { relay, connects, reads, answer };
}

/** The platform's own types have far more than a relay uses. */
function relayOf(ctx: object, env: object): Relay {
  return new Relay(ctx as never, env as never);
}

function leave(relay: Relay, socket: TestSocket | undefined): void {
  relay.webSocketClose(socket as never);
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** One reader, whose cell was reset: the relay is connecting again. */
async function reconnecting() {
  const world = relayWorld();
  const first = world.reads();
  const upstream = await world.answer(0);
  expect((await first).status).toBe(101);
  const reader = made.at(-1);
  upstream.say("close");
  await vi.waitFor(() => expect(world.connects).toHaveLength(2), { timeout: 10_000 });
  return { ...world, reader };
}

test("who comes while a relay reconnects for a reader that has left is told what comes", async () => {
  const { relay, reads, answer, reader, connects } = await reconnecting();
  leave(relay, reader);
  const second = reads();
  await settle();
  const orphan = await answer(1);
  expect(orphan.closed).toBe(true);
  const upstream = await answer(2);
  expect((await second).status).toBe(101);
  const comer = made.at(-1);
  const told = comer?.sent.length ?? 0;
  upstream.say("message", writeEvents([{ id: 1, type: "log", json: '{"id":1}' }], false));
  expect(comer?.sent.slice(told).join()).toContain('{"id":1}');
  expect(connects).toHaveLength(3);
});

test("a relay that reconnects for a reader that has left, with none after it, lets the cell go", async () => {
  const { relay, answer, reader, connects } = await reconnecting();
  leave(relay, reader);
  expect((await answer(1)).closed).toBe(true);
  expect(connects).toHaveLength(2);
});

test("a reader that stays gets what comes by the connection that was made anew", async () => {
  const { answer, reader } = await reconnecting();
  const upstream = await answer(1);
  expect(upstream.closed).toBe(false);
  upstream.say("message", writeEvents([{ id: 1, type: "log", json: '{"id":1}' }], false));
  expect(reader?.sent.join()).toContain('{"id":1}');
});
