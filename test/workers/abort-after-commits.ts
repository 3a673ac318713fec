/** Which objects are put out of memory after their commits, and how often that was done: of this isolate, so of all objects of a class. */
export interface Aborting {
  /** Whether the object of that name is to go now. */
  may(name: string): boolean;
  count: number;
}

/**
 * Before the object is made: takes it out of memory with `ctx.abort` as soon as what it wrote in a transaction is on the disk. What it sent in
 * that turn has left by then, or leaves with it; what it waits for comes to nobody.
 */
export function abortAfterCommits(ctx: DurableObjectState, aborting: Aborting): void {
  const { storage } = ctx;
  const transaction = storage.transactionSync.bind(storage);
  let going = false;
  const goes = async (): Promise<void> => {
    await storage.sync();
    aborting.count += 1;
    ctx.abort("put out of memory after a commit");
  };
  const committing: typeof storage.transactionSync = (closure) => {
    const result = transaction(closure);
    if (!going && aborting.may(ctx.id.name ?? "")) {
      going = true;
      void goes();
    }
    return result;
  };
  Object.defineProperty(storage, "transactionSync", { value: committing });
}
