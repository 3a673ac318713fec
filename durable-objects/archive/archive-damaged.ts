import { ARCHIVE_DAMAGED } from "../../contracts/archive-damaged.ts";

/** What lies in the archive is not what was put there: it is named and never served. */
export class ArchiveDamaged extends Error {
  constructor(key: string, why: string) {
    super(`${ARCHIVE_DAMAGED}${key}: ${why}`);
  }
}
