/** Spans after which what was counted starts over; `total` never does. All in UTC. */
export const PERIODS = ["day", "month", "total"] as const;
export type Period = (typeof PERIODS)[number];

/** Name of the span that `now` (epoch ms) is in: `2026-11-29`, `2026-11`, `total`. */
export function periodName(period: Period, now: number): string {
  if (period === "total") return "total";
  return new Date(now).toISOString().slice(0, period === "day" ? 10 : 7);
}

/** When the span of that name is over (epoch ms); null when never. */
export function periodEnd(name: string): number | null {
  const [year, month, day] = name.split("-").map(Number);
  if (year === undefined || month === undefined || Number.isNaN(year)) return null;
  return day === undefined ? Date.UTC(year, month) : Date.UTC(year, month - 1, day + 1);
}
