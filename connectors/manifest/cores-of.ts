/** Processor cores as a manifest writes them, `0.5` or `500m`; undefined where that is none. */
export function coresOf(written: unknown): number | undefined {
  const [, amount, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(written ?? "").trim()) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) / (milli === "m" ? 1_000 : 1);
}
