import { parseArgs } from "node:util";

export interface SoakOptions {
  /** How long the load is kept up. */
  minutes: number;
  /** Decides what is started, with which inputs, and when something is killed or cut. */
  seed: number;
  /** Mean seconds between the end of a restart and the next kill. */
  killEvery: number;
  /** Executions that are open at once. */
  open: number;
}

export const SOAK_USAGE = `npm run soak -- [options]
  --minutes N      how long the load is kept up (1)
  --seed N         what is started and killed when; printed, random when absent
  --kill-every N   mean seconds between two kills of the platform (4)
  --open N         executions that are open at once (80)`;

/** Undefined when the arguments make no sense. */
export function readSoakOptions(args: string[], seed: number): SoakOptions | undefined {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ args, options: { minutes: text, seed: text, "kill-every": text, open: text } });
    const options: SoakOptions = {
      minutes: Number(values.minutes ?? 1),
      seed: Number(values.seed ?? seed),
      killEvery: Number(values["kill-every"] ?? 4),
      open: Number(values.open ?? 80),
    };
    const { minutes, killEvery, open } = options;
    const isSound = minutes > 0 && killEvery > 0 && Number.isInteger(open) && open > 0;
    return isSound && Number.isSafeInteger(options.seed) ? options : undefined;
  } catch {
    return undefined;
  }
}
