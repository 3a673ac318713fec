const POWERS = ["", "k", "m", "g", "t"];
const AMOUNT = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?(?:\/s)?$/i;

/** `512MB`, `1GB`, `256Mi`, `10MB/s` as bytes, in steps of 1,024; undefined where it is no amount. */
export function amountInBytes(written: unknown): number | undefined {
  const [, amount, prefix = ""] = AMOUNT.exec(String(written ?? "").trim()) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * 1_024 ** POWERS.indexOf(prefix.toLowerCase());
}
