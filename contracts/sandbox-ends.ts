/** Why a local sandbox process was ended: it did not answer, or it had taken too much memory. */
export type SandboxEndReason = "stuck" | "memory";

/** What the watchdog of a local sandbox says of itself (`scripts/platform/sandbox-process.ts`). A deployment has none. */
export interface SandboxEnds {
  /** The last of them, oldest first; `at` in epoch ms. */
  ends: { at: number; reason: SandboxEndReason }[];
}
