import type { SandboxHost } from "../../../../contracts/code-sandbox-rpc.ts";

/** More would be left out by the host all the same (`connectors/code/code-limits.ts`): it is not even sent. */
const MOST = { lines: 501, progress: 1_000, chars: 4_097, fieldChars: 16_384 };

/** What a call says, on its way to its host. */
export interface Saying {
  log(level: string, message: string, fields?: unknown): void;
  progress(percent: unknown, message?: unknown): void;
  /** All that was said so far has arrived, or is lost. */
  settle(): Promise<unknown>;
}

export function sayThrough(host: SandboxHost, stringify: typeof JSON.stringify): Saying {
  const said = new Set<Promise<unknown>>();
  /** A line is worth more than its fields: what cannot be written is left out. */
  const textOf = (fields: unknown): string | undefined => {
    try {
      const text = fields === undefined ? undefined : stringify(fields);
      return text !== undefined && text.length <= MOST.fieldChars ? text : undefined;
    } catch {
      return undefined;
    }
  };
  let lines = 0;
  let reports = 0;
  const say = (sent: Promise<unknown>): void => {
    const told: Promise<unknown> = sent
      .catch(() => undefined)
      .finally(() => {
        said.delete(told);
      });
    said.add(told);
  };
  return {
    log(level, message, fields) {
      lines += 1;
      if (lines > MOST.lines) return;
      say(host.log(level, message.slice(0, MOST.chars), textOf(fields)));
    },
    progress(percent, message) {
      reports += 1;
      if (reports > MOST.progress) return;
      const share = typeof percent === "number" ? percent : null;
      say(host.progress(share, message === undefined ? null : String(message).slice(0, MOST.chars)));
    },
    settle: () => Promise.all(said),
  };
}
