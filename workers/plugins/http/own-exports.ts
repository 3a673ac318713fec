import type { LookupOwner } from "./lookups.ts";

/** Entrypoints of this Worker, as stubs that an isolate may be given. */
interface OwnExports {
  Lookups(options: { props: LookupOwner }): Fetcher;
  Egress(options: { props: object }): Fetcher;
}

/** `ctx.exports`, which the runtime fills from what `main.ts` exports: both classes stand there. */
export function ownExports(ctx: ExecutionContext): OwnExports {
  const { exports } = ctx as { exports: unknown };
  return exports as OwnExports;
}
