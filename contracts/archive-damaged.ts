/** Begins the message of the error by which a coordinator says that an archived execution cannot be read as it was written. */
export const ARCHIVE_DAMAGED = "archive damaged: ";
