import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { asText } from "./arguments.ts";
import { formatDate, isoDate, readDate } from "./dates.ts";
import type { FunctionRow } from "./function-row.ts";

/** The nth id of an evaluation, shaped as a version 4 UUID: the same run and step always derive the same. */
function derivedUuid(seed: string, nth: number): string {
  const bytes = sha256(utf8ToBytes(`${seed}:${nth}`)).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytesToHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export const TIME_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: "date",
    summary:
      "a time (ISO 8601 text, UTC where it names no zone, or milliseconds since 1970) as ISO 8601 in UTC, or by a strftime format",
    parameters: [{ name: "value" }, { name: "format", default: null }],
    apply: ([value, format], run) => {
      if (value === null || value === undefined) return null;
      const time = readDate(value);
      return run.produced(
        format === null || format === undefined ? isoDate(time) : formatDate(time, asText(format, "date")),
      );
    },
  },
  {
    name: "now",
    summary: "recorded time of the transition, ISO 8601 in UTC; `now` alone reads the same",
    parameters: [],
    impure: true,
    apply: (_none, run) => isoDate(run.scope.now),
  },
  {
    name: "uuid",
    summary: "an id derived from run and step: the same after every restart",
    parameters: [],
    impure: true,
    apply: (_none, run) => {
      run.spend(100);
      run.uuids += 1;
      return derivedUuid(run.scope.seed, run.uuids);
    },
  },
];
