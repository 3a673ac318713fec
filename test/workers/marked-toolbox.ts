/*
 * The toolbox, in an isolate whose random ids all read the same: an isolate id that is not this one was made in another
 * isolate.
 */
crypto.randomUUID = () => "made-in-the-shared-isolate";

export { default } from "../../workers/plugins/toolbox/main.ts";
