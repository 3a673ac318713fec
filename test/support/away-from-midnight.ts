import { beforeAll } from "vitest";

const DAY_MS = 86_400_000;

/**
 * What counts by the day or by the month (UTC) counts anew at midnight: a file whose tests assert such counts does not begin
 * when the day ends before they do.
 */
export function awayFromMidnight(neededMs = 180_000): void {
  beforeAll(async () => {
    const left = DAY_MS - (Date.now() % DAY_MS);
    if (left < neededMs) await new Promise((resolve) => setTimeout(resolve, left + 1_000));
  }, neededMs + 30_000);
}
