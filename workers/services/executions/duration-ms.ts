const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration of the API: seconds, or text with a unit. The schema has checked its form. */
export function durationMs(duration: number | string): number {
  if (typeof duration === "number") return duration * 1_000;
  const unit = /[a-z]+$/.exec(duration)?.[0] ?? "s";
  return Number.parseFloat(duration) * (UNIT_MS[unit] ?? 1_000);
}
