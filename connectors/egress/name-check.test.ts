import { describe, expect, test } from "vitest";
import { mayDial } from "./may-dial.ts";
import { type NameCheck, nameCheck, type NameMemory } from "./name-check.ts";

interface Rows {
  A?: object[];
  AAAA?: object[];
  Status?: number;
}

/** A check against answers that are given one after another, on a clock that stands until it is moved. */
function world(answer: (name: string, count: number) => Rows | Response | Error) {
  const clock = { ms: 1_000 };
  const asked: URL[] = [];
  const memory: NameMemory = { known: new Map() };
  const counts = new Map<string, number>();
  const check = nameCheck({
    resolver: "https://dns.example.com/dns-query?key=1",
    now: () => clock.ms,
    memory,
    fetch: async (target) => {
      const url = new URL(String(target));
      asked.push(url);
      const name = url.searchParams.get("name") ?? "";
      const type = url.searchParams.get("type") === "A" ? "A" : "AAAA";
      const count = (counts.get(`${name} ${type}`) ?? 0) + 1;
      counts.set(`${name} ${type}`, count);
      const given = answer(name, count);
      if (given instanceof Error) throw given;
      if (given instanceof Response) return given;
      return Response.json({ Status: given.Status ?? 0, Answer: given[type] });
    },
  });
  const kind = async (name: string) => (await check(name, AbortSignal.timeout(1_000))).kind;
  return { clock, asked, memory, check, kind };
}

const a = (data: string, TTL = 300) => ({ name: "x", type: 1, TTL, data });
const fine: Rows = { A: [a("8.8.8.8")] };

describe("a name check", () => {
  test("asks for both families, keeps the resolver's own query, and passes when all addresses are public", async () => {
    const { asked, check } = world(() => ({ ...fine, AAAA: [{ type: 28, TTL: 60, data: "2606:4700::1111" }] }));
    const verdict = await check("api.example.com", AbortSignal.timeout(1_000));
    expect(verdict).toMatchObject({ kind: "public", addresses: [[8, 8, 8, 8], expect.any(Array)] });
    expect(asked.map(({ search }) => search).sort()).toEqual([
      "?key=1&name=api.example.com&type=A",
      "?key=1&name=api.example.com&type=AAAA",
    ]);
  });

  test("passes over the names in between, and refuses an address that it cannot read", async () => {
    const alias = { name: "x", type: 5, TTL: 300, data: "other.example.com." };
    expect(await world(() => ({ A: [alias, a("8.8.8.8")] })).kind("x.com")).toBe("public");
    expect(await world(() => ({ A: [alias, a("10.0.0.1")] })).kind("x.com")).toBe("refused");
    for (const data of ["127.1", "", "8.8.8.8.", "0x7f000001", "::1"])
      expect(await world(() => ({ A: [a("8.8.8.8"), a(data)] })).kind("x.com"), data).toBe("refused");
  });

  test("knows a name as long as its answer lives, a minute at most; an alias that ends sooner counts", async () => {
    for (const [ttl, alias, lives] of [
      [30, 300, 30],
      [86_400, 86_400, 60],
      [300, 10, 10],
    ] as const) {
      const row = { name: "x", type: 5, TTL: alias, data: "y." };
      const { asked, clock, kind } = world(() => ({ A: [row, a("8.8.8.8", ttl)] }));
      await kind("x.com");
      clock.ms += lives * 1_000 - 1;
      await kind("x.com");
      expect(asked.length).toBe(2);
      clock.ms += 2;
      await kind("x.com");
      expect(asked.length).toBe(4);
    }
  });

  test("asks twice for an answer that may change at once, and goes by the second", async () => {
    for (const [first, then, verdict] of [
      ["8.8.8.8", "169.254.169.254", "refused"],
      ["8.8.8.8", "1.1.1.1", "public"],
    ] as const) {
      const { asked, kind } = world((_, count) => ({ A: [a(count === 1 ? first : then, 1)] }));
      expect(await kind("x.com")).toBe(verdict);
      expect(asked.length).toBe(4);
    }
  });

  test("refuses a name that once stood for something inside, for five minutes", async () => {
    const { clock, kind } = world((_, count) => ({ A: [a(count === 2 ? "192.168.0.1" : "8.8.8.8", 10)] }));
    expect(await kind("x.com")).toBe("public");
    clock.ms += 11_000;
    expect(await kind("x.com")).toBe("refused");
    clock.ms += 299_000;
    expect(await kind("x.com")).toBe("refused");
    clock.ms += 2_000;
    expect(await kind("x.com")).toBe("public");
  });

  test("does not forget a refusal for a thousand other names", async () => {
    const { asked, kind, memory } = world((name) => ({ A: [a(name === "bad.com" ? "10.0.0.1" : "8.8.8.8")] }));
    await kind("bad.com");
    for (let n = 0; n < 1_050; n += 1) await kind(`n${n}.com`);
    expect(memory.known.size).toBe(1_000);
    const before = asked.length;
    expect(await kind("bad.com")).toBe("refused");
    expect(asked.length).toBe(before);
  });

  test("tells what does not exist from what nobody answers, and passes neither", async () => {
    expect(await world(() => ({ Status: 3 })).kind("x.com")).toBe("unresolved");
    expect(await world(() => ({ A: [] })).kind("x.com")).toBe("unresolved");
    const silent = [
      () => ({ Status: 2 }),
      () => new Response("no", { status: 500 }),
      () => new Response("<html>"),
      () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example.com/" } }),
      () => new Response("x".repeat(70_000)),
      () => Response.json({ Status: 0, Answer: "8.8.8.8" }),
      () => new Error("no connection"),
    ];
    for (const answer of silent) expect(await world(answer).kind("x.com")).toBe("unasked");
  });
});

test("a refusal, a silence and a blocked range keep a name from being dialled; no resolver, or no name, does not", async () => {
  const asks = (verdict: Awaited<ReturnType<NameCheck>>) => ({ names: async () => verdict });
  const signal = AbortSignal.timeout(1_000);
  const name = { name: "x.com" };
  const open: Awaited<ReturnType<NameCheck>> = { kind: "public", addresses: [[8, 8, 8, 8]] };
  expect(await mayDial(name, asks({ kind: "refused", reason: "r" }), signal)).toMatchObject({ kind: "refused" });
  for (const kind of ["unresolved", "unasked"] as const)
    expect(await mayDial(name, asks({ kind, reason: "r" }), signal)).toMatchObject({ ok: false, kind: "unresolved" });
  expect(await mayDial(name, asks(open), signal)).toEqual({ ok: true });
  const blocked = { ...asks(open), urlValidation: { blockedIpRanges: ["8.8.0.0/16"] } };
  expect(await mayDial(name, blocked, signal)).toMatchObject({ ok: false, kind: "refused" });
  expect(await mayDial(name, {}, signal)).toEqual({ ok: true });
  expect(await mayDial({}, asks({ kind: "refused", reason: "r" }), signal)).toEqual({ ok: true });
});
