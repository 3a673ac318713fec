import { expect, test } from "vitest";
import {
  type EventLine,
  readStreamFrame,
  WINDOW_CHARS,
  WINDOW_EVENTS,
  writeResume,
  writeTaken,
} from "../../contracts/stream-frames.ts";
import { FanOut } from "./fan-out.ts";
import type { ReaderSocket } from "./reader-socket.ts";

const CHANNEL = "exec_a";

/** Chance that a seed always gives again (mulberry32). */
function chance(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A log that outlives the object, and its sockets with what hangs on them. */
class World {
  readonly log: EventLine[] = [];
  readonly readers = new Set<Reader>();
  boots = 0;
  #fanOut: FanOut | undefined;

  get fanOut(): FanOut {
    if (!this.#fanOut) {
      this.boots += 1;
      this.#fanOut = new FanOut(
        {
          following: (_channel, after) => {
            if (this.log.length - after > 2_000) return null;
            const lines = this.log.slice(after);
            const chars = lines.reduce((sum, { json }) => sum + json.length, 0);
            return chars > WINDOW_CHARS ? null : { lines, ended: false };
          },
          tip: () => this.log.length,
          opened: () => undefined,
          closed: () => undefined,
        },
        this.readers,
      );
    }
    return this.#fanOut;
  }

  evict(): void {
    this.#fanOut = undefined;
  }

  append(count: number, chars: number): void {
    for (let left = count; left > 0; left -= 1)
      this.log.push({ id: this.log.length + 1, type: "log", json: JSON.stringify("x".repeat(chars)) });
    this.fanOut.flush(CHANNEL);
  }
}

/** One that takes what is sent when it is let, and reads the log when it is told that it is behind. */
class Reader implements ReaderSocket {
  readonly taken: number[] = [];
  readonly #world: World;
  readonly #sent: string[] = [];
  #attachment = "null";
  #behind = false;
  #untold = { events: 0, chars: 0 };
  /** The most that was under way to it. */
  most = { events: 0, chars: 0 };
  toldBehind = 0;
  #under = { events: 0, chars: 0 };

  constructor(world: World) {
    this.#world = world;
    world.readers.add(this);
    world.fanOut.attach(this, CHANNEL, 0, false);
  }

  get last(): number {
    return this.taken.at(-1) ?? 0;
  }

  send(text: string): void {
    this.#sent.push(text);
    const frame = readStreamFrame(text);
    if (frame?.kind !== "events") return;
    this.#under.events += frame.lines.length;
    this.#under.chars += text.length;
    this.most.events = Math.max(this.most.events, this.#under.events);
    this.most.chars = Math.max(this.most.chars, this.#under.chars);
  }

  close(): void {}

  serializeAttachment(value: unknown): void {
    this.#attachment = JSON.stringify(value);
  }

  deserializeAttachment(): unknown {
    return JSON.parse(this.#attachment);
  }

  /** Takes one frame, or a page of the log. */
  step(): boolean {
    const text = this.#sent.shift();
    const frame = text === undefined ? undefined : readStreamFrame(text);
    if (text !== undefined && frame?.kind === "events") {
      for (const { id } of frame.lines) if (id > this.last) this.taken.push(id);
      this.#under.events -= frame.lines.length;
      this.#under.chars -= text.length;
      this.#untold.events += frame.lines.length;
      this.#untold.chars += text.length;
      if (this.#untold.events >= WINDOW_EVENTS / 2 || this.#untold.chars >= WINDOW_CHARS / 2) this.#tell();
      return true;
    }
    if (frame?.kind === "behind") {
      this.toldBehind += 1;
      this.#behind = true;
      return true;
    }
    if (!this.#behind) return false;
    const page = this.#world.log.slice(this.last, this.last + 500);
    for (const { id } of page) this.taken.push(id);
    if (page.length > 0) return true;
    this.#behind = false;
    this.#untold = { events: 0, chars: 0 };
    this.#world.fanOut.receive(this, writeResume(this.last));
    return true;
  }

  takeAll(): void {
    while (this.step());
  }

  #tell(): void {
    this.#world.fanOut.receive(this, writeTaken(this.last, this.#untold.chars));
    this.#untold = { events: 0, chars: 0 };
  }
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** One reader is fast, one slow, and one stands still for long; what is appended comes in small and large portions. */
function play(seed: number, evicts: number) {
  const random = chance(seed);
  const world = new World();
  world.append(Math.floor(random() * 400), 10);
  const readers = [new Reader(world), new Reader(world), new Reader(world)] as const;
  const [fast, slow, still] = readers;
  for (let turn = 0; turn < 400; turn += 1) {
    if (random() < 0.3) world.append(1 + Math.floor(random() ** 4 * 300), Math.floor(random() ** 3 * 20_000));
    if (random() < 0.9) fast.takeAll();
    if (random() < 0.3) slow.step();
    if (random() < 0.01) still.takeAll();
    if (random() < evicts) world.evict();
  }
  for (const reader of readers) reader.takeAll();
  return { world, readers };
}

test.each([
  ["now and then", 0.1, 10],
  ["after everything that happens", 1, 100],
])(
  "readers at any pace get every event once, with the object evicted %s, and never more than a window ahead",
  (_, evicts, boots) => {
    let behind = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const { world, readers } = play(seed, evicts);
      expect(world.boots).toBeGreaterThan(boots);
      for (const reader of readers) {
        expect(reader.taken, `seed ${seed}`).toEqual(upTo(world.log.length));
        expect(reader.most.events).toBeLessThanOrEqual(WINDOW_EVENTS);
        expect(reader.most.chars).toBeLessThanOrEqual(WINDOW_CHARS);
        behind += reader.toldBehind;
      }
    }
    expect(behind).toBeGreaterThan(12);
  },
);

test("who does not take is told once that it is behind, and then nothing is kept for it", () => {
  const world = new World();
  const reader = new Reader(world);
  for (let round = 0; round < 100; round += 1) world.append(20, 100);
  expect(reader.most.events).toBeLessThanOrEqual(WINDOW_EVENTS);
  reader.takeAll();
  expect(reader.toldBehind).toBe(1);
  expect(reader.taken).toEqual(upTo(2_000));
});

test("readers at one place are sent one and the same text", () => {
  const world = new World();
  const texts = new Set<string>();
  for (let count = 0; count < 5; count += 1) {
    const reader = new Reader(world);
    const send = reader.send.bind(reader);
    reader.send = (text) => {
      texts.add(text);
      send(text);
    };
  }
  world.append(3, 10);
  expect(texts.size).toBe(1);
});

test("readers that are ahead of what is here are each sent what follows their own place", () => {
  const log: EventLine[] = [];
  const fanOut = new FanOut(
    {
      following: (_channel, after) => ({ lines: log.filter(({ id }) => id > after), ended: false }),
      tip: () => log.length,
      opened: () => undefined,
      closed: () => undefined,
    },
    [],
  );
  const texts: string[][] = [[], []];
  const world = new World();
  const readers = [new Reader(world), new Reader(world)];
  for (const [index, reader] of readers.entries()) {
    reader.send = (text) => void texts[index]?.push(text);
    fanOut.attach(reader, "exec_b", index * 3, false);
  }
  for (let id = 1; id <= 5; id += 1) log.push({ id, type: "log", json: "{}" });
  fanOut.flush("exec_b");
  const ids = texts.map((sent) => sent.map((text) => [...text.matchAll(/^(\d+) /gm)].map(([, id]) => Number(id))));
  expect(ids).toEqual([[[1, 2, 3, 4, 5]], [[4, 5]]]);
});

test("relays are counted apart, and a channel closes with its last reader", () => {
  const closed: string[] = [];
  const fanOut = new FanOut(
    { following: () => null, tip: () => 0, opened: () => undefined, closed: (channel) => closed.push(channel) },
    [],
  );
  const world = new World();
  const [reader, relay] = [new Reader(world), new Reader(world)];
  fanOut.attach(reader, "exec_b", 0, false);
  fanOut.attach(relay, "exec_b", 0, true);
  expect([fanOut.readers("exec_b"), fanOut.relays("exec_b")]).toEqual([1, 1]);
  fanOut.drop(reader);
  expect([fanOut.readers("exec_b"), closed]).toEqual([0, []]);
  fanOut.drop(relay);
  expect([fanOut.channels, closed]).toEqual([[], ["exec_b"]]);
});
