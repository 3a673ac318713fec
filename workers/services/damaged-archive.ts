import { ARCHIVE_DAMAGED } from "../../contracts/archive-damaged.ts";

/** Key of the archived execution that a coordinator could not read as it was written; undefined for every other error. */
export function damagedArchive(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const at = error.message.indexOf(ARCHIVE_DAMAGED);
  return at < 0 ? undefined : error.message.slice(at + ARCHIVE_DAMAGED.length).split(": ")[0];
}
