import type { RunError } from "../errors.ts";

/** A plugin's answer must not smuggle in a mark that a later call would reveal. */
export const POSES_AS_SECRET: RunError = {
  code: "VALIDATION",
  message: 'The output has a member named "$secret", which marks the platform\'s own secrets',
  details: { constraint: "$secret" },
};
