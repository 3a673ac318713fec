import type { EventLine } from "../../../contracts/stream-frames.ts";
import { sseFrame } from "./sse-frame.ts";

/**
 * Events as a stream shows them. After some that are not shown stands their id alone: it is no event, but who comes back goes
 * on from there.
 */
export function sseLines(lines: readonly EventLine[], isWanted: (line: EventLine) => boolean): string {
  let text = "";
  let shown = 0;
  for (const line of lines) {
    if (!isWanted(line)) continue;
    text += sseFrame(line.id, line.type, line.json);
    shown = line.id;
  }
  const last = lines.at(-1)?.id ?? 0;
  return last > shown ? `${text}id: ${last}\n\n` : text;
}
