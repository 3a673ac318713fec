/** What a process has made durable since its counter was opened. Only differences mean anything. */
export interface Writes {
  fsyncs: number;
  /** Rows and index entries put into or taken out of SQLite's trees; undefined where nothing can count them. */
  rows?: number;
}

export interface WriteCounter {
  /** How it counts, for the report. */
  readonly method: string;
  read(): Promise<Writes>;
  close(): Promise<void>;
}

const STEP_MS = 250;
const QUIET_STEPS = 5;
const PATIENCE_MS = 12_000;

/**
 * The count when nothing has been written for more than a second: the outbox is drained then and alarms that were due
 * have fired. Gives up waiting after twelve seconds and answers what it has.
 */
export async function readWhenQuiet(counter: WriteCounter): Promise<Writes> {
  let last = await counter.read();
  let quiet = 0;
  for (let waited = 0; quiet < QUIET_STEPS && waited < PATIENCE_MS; waited += STEP_MS) {
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    const now = await counter.read();
    quiet = now.fsyncs === last.fsyncs ? quiet + 1 : 0;
    last = now;
  }
  return last;
}
