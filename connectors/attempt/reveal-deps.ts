import type { InvokeDeps } from "./invoke-deps.ts";

/** What is needed to find what the service of an attempt was given: what was kept of it, or what it would be given now. */
export type RevealDeps = Pick<
  InvokeDeps,
  "findConnection" | "connectionNames" | "connectLink" | "secrets" | "env" | "now"
> & { services: Pick<InvokeDeps["services"], "openRevealed"> };
