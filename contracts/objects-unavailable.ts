/** Begins the message of the error by which a coordinator says that the object storage did not answer: worth another try. */
export const OBJECTS_UNAVAILABLE = "object storage unavailable: ";
