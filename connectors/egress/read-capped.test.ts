import { describe, expect, test } from "vitest";
import { readCapped } from "./read-capped.ts";

const LIMIT = 1_000;

/** A body in parts of 100 bytes; how many were taken shows who stopped when. */
function answer(parts: number, headers: Record<string, string> = {}): { response: Response; taken: () => number } {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken === parts) return controller.close();
        taken += 1;
        controller.enqueue(new Uint8Array(100).fill(65));
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body, { headers }), taken: () => taken };
}

describe("an answer's bytes", () => {
  test.each([
    ["whose small length is known", { "content-length": "500" }],
    ["of unknown length", {}],
    ["that is decoded", { "content-length": "20", "content-encoding": "gzip" }],
  ])("come whole where it is one %s", async (_, headers) => {
    const read = await readCapped(answer(5, headers).response, LIMIT);
    expect(read).toEqual({ ok: true, bytes: new Uint8Array(500).fill(65) });
  });

  test("are refused unread where more is declared than may come", async () => {
    const { response, taken } = answer(5, { "content-length": "1001" });
    expect(await readCapped(response, LIMIT)).toEqual({ ok: false, reason: "too_large" });
    expect(taken()).toBe(0);
  });

  test.each([
    ["no length", {}],
    ["a length before it is decoded", { "content-length": "20", "content-encoding": "br" }],
    ["a length and chunks that go on behind it", { "content-length": "20", "transfer-encoding": "chunked" }],
  ])("are not read on beyond the limit where there is %s", async (_, headers) => {
    const { response, taken } = answer(1_000_000, headers);
    expect(await readCapped(response, LIMIT)).toEqual({ ok: false, reason: "too_large" });
    expect(taken()).toBe(11);
  });

  test("are refused where more came than the limit under a small declared length", async () => {
    const read = await readCapped(answer(11, { "content-length": "20" }).response, LIMIT);
    expect(read).toEqual({ ok: false, reason: "too_large" });
  });

  test.each(["500", "1001", "700000000"])(
    "are none where there is no body, whatever length is declared: %s",
    async (length) => {
      const response = new Response(null, { headers: { "content-length": length } });
      expect(await readCapped(response, LIMIT)).toEqual({ ok: true, bytes: new Uint8Array() });
    },
  );
});
