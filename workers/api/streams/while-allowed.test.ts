import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Access } from "../middleware/access.ts";
import { whileAllowed } from "./while-allowed.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const access = (holds: () => Promise<boolean>): Access => ({ holds }) as unknown as Access;

test("a stream is ended within ten seconds of what its isolate knows of its key: when that is revoked", async () => {
  let valid = true;
  const allowed = whileAllowed(
    access(async () => valid),
    new AbortController().signal,
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect(allowed.aborted).toBe(false);
  valid = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(allowed).toMatchObject({ aborted: true, reason: "revoked" });
});

test("a key that nobody can be asked about ends no stream", async () => {
  const allowed = whileAllowed(
    access(() => Promise.reject(new Error("the object is away"))),
    new AbortController().signal,
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect(allowed.aborted).toBe(false);
});
