/** Where the platform of M1 is told what to do: `PUT …=on`. */
export const METERING_SWITCH = "/bench?switch";

/** What `replay` and `peek` do so many times, so that it is long enough for a clock. */
export const REPLAYS = 400;
export const PEEKS = 10;

/**
 * on, off: metering. hold, release: the sink is held back, or let go on what has gathered. peek: what has gathered is read out of its
 * cell `PEEKS` times, and nothing done with it. replay: what the last runs recorded is recorded `REPLAYS` times more, for nobody.
 */
export type SwitchPosition = "on" | "off" | "hold" | "release" | "peek" | "replay";
