import type { FeedPorts } from "./feed-ports.ts";

/** What `call` answers within `ms`; undefined when it throws or takes longer. */
export async function within<T>(
  ports: Pick<FeedPorts, "later" | "report">,
  ms: number,
  what: string,
  call: () => Promise<T>,
): Promise<T | undefined> {
  let giveUp = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    giveUp = ports.later(ms, () => resolve(undefined));
  });
  try {
    // Without `async` a stub that throws at once would pass the catch below.
    return await Promise.race([(async () => call())(), late]);
  } catch (error) {
    ports.report(what, error);
    return undefined;
  } finally {
    giveUp();
  }
}
