import type { StampedEvent } from "../../engine/run/types.ts";
import type { LargeIndex } from "../archive/large-index.ts";
import { MOST_LARGE_BYTES } from "../archive/large-outputs.ts";
import { RowTooLarge, SURELY_SMALL } from "./row-size.ts";

export interface LogRows {
  rows: { seq: number; at: number; json: string }[];
  /** Characters of the rows. */
  chars: number;
  /** Those that the events have beside: what is large lies elsewhere. */
  apart: number;
}

/**
 * Events of one transition group as rows: each of one time, and no more than a row may hold. What lies elsewhere counts for that as
 * well: a page is read by whole rows, and has all of it. No event says more than large outputs may be.
 */
export function logRows(events: readonly StampedEvent[], large?: LargeIndex): LogRows {
  const made: LogRows = { rows: [], chars: 0, apart: 0 };
  let parts: string[] = [];
  let size = 0;
  let first = events[0]?.seq ?? 0;
  let at = events[0]?.at ?? 0;
  const flush = (): void => {
    if (parts.length > 0) made.rows.push({ seq: first, at, json: `[${parts.join(",")}]` });
  };
  for (const { seq, at: time, ...fact } of events) {
    const { slim, apart } = large?.split(fact) ?? { slim: fact, apart: 0 };
    if (apart > MOST_LARGE_BYTES) throw new RowTooLarge(apart, MOST_LARGE_BYTES, "large_output_bytes");
    const part = JSON.stringify(slim);
    if ((size + part.length + apart > SURELY_SMALL || time !== at) && parts.length > 0) {
      flush();
      parts = [];
      size = 0;
      first = seq;
    }
    at = time;
    parts.push(part);
    size += part.length + 1 + apart;
    made.chars += part.length + 1;
    made.apart += apart;
  }
  flush();
  return made;
}
