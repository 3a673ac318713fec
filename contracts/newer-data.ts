/** Begins the message of the error by which an object refuses to open what a newer release stored: it leaves it as it is. */
export const NEWER_DATA = "storage has migrations this version does not know: ";
