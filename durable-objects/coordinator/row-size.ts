/** The platform's wall is 2 MB a row or value; the local runtime does not enforce it, so the storage adapter does. */
const MAX_ROW_BYTES = 1_900_000;
/** UTF-16 units up to which a text cannot pass the wall, whatever it holds (3 bytes a unit at most). */
export const SURELY_SMALL = MAX_ROW_BYTES / 3;

/** A row would pass the platform's limits. The execution that wrote it fails by name; others are not touched. */
export class RowTooLarge extends Error {
  readonly bytes: number;
  /** Name of the limit. */
  readonly limit: "payload_bytes" | "large_output_bytes";

  constructor(bytes: number, max = MAX_ROW_BYTES, limit: RowTooLarge["limit"] = "payload_bytes") {
    super(`a stored value of ${bytes} bytes passes the limit of ${max}`);
    this.bytes = bytes;
    this.limit = limit;
  }
}

export function checkRow(value: string): void {
  const { length } = new TextEncoder().encode(value);
  if (length > MAX_ROW_BYTES) throw new RowTooLarge(length);
}
