import { parse } from "semver";

const DIGITS = 16;

function padded(number: number | bigint): string {
  return String(number).padStart(DIGITS, "0");
}

/**
 * A version as text that sorts by code point as versions sort by precedence: numbers with leading zeros, a release after its
 * pre-releases, numeric identifiers before others. Build metadata does not count.
 */
export function versionKey(version: string): string {
  const read = parse(version);
  if (read === null) return "";
  const numbers = [read.major, read.minor, read.patch].map(padded).join(".");
  if (read.prerelease.length === 0) return `${numbers}~`;
  // A shorter list of identifiers comes first: what ends it is lower than what goes on with it.
  const identifiers = read.prerelease.map((it) => (typeof it === "number" ? `0${padded(it)}` : `1${it}`));
  return `${numbers}-${identifiers.join("!")}`;
}
