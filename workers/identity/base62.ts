const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A non-negative number in base 62, padded with zeros to `length`. */
export function base62(value: bigint, length: number): string {
  let text = "";
  let rest = value;
  while (rest > 0n) {
    text = (ALPHABET[Number(rest % 62n)] ?? "") + text;
    rest /= 62n;
  }
  return text.padStart(length, "0");
}
