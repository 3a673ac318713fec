import type { ExecutionEvent } from "./execution-event.ts";

/*
 * What the platform Worker, a cell and its relays say to each other over a socket about one execution's log. All of it is
 * text. History is never sent here: it is read in pages (`CoordinatorRpc.readEvents`); the socket carries what comes next.
 *
 * To the reader:   E<0|1>\n<line>\n<line>…   events in order; 1: the execution is over, and this is the end of its log
 *                  B <sequence>             you are behind, the log goes up to there: read it in pages, then say where you are (R)
 * To the object:   A <sequence> <chars>     taken: events up to here, so many characters since the last A
 *                  R <sequence>             I have everything up to here: push what follows
 */

/** How far an object sends ahead of what a reader has taken. */
export const WINDOW_EVENTS = 256;
export const WINDOW_CHARS = 262_144;

/** Readers that a cell serves itself, of one execution; and those that one relay serves. */
export const DIRECT_READERS = 8;
export const RELAY_READERS = 250;

/** Answer header of an object that serves no more readers of this execution: the number of the relay to ask. */
export const RELAY_HEADER = "x-smartify-relay";

/** An event as it travels: serialised once, whoever reads it. */
export interface EventLine {
  id: number;
  type: string;
  /** JSON of the `ExecutionEvent`. */
  json: string;
}

export type StreamFrame = { kind: "events"; lines: EventLine[]; ended: boolean } | { kind: "behind"; last: number };
export type ReaderFrame = { kind: "taken"; id: number; chars: number } | { kind: "resume"; id: number };

/** Kept up by the object's runtime, without waking it. */
export const PING = "P";
export const PONG = "p";

export function eventLine(event: ExecutionEvent): EventLine {
  return { id: event.id, type: event.type, json: JSON.stringify(event) };
}

export function writeEvents(lines: readonly EventLine[], ended: boolean): string {
  let text = ended ? "E1" : "E0";
  for (const { id, type, json } of lines) text += `\n${id} ${type} ${json}`;
  return text;
}

/** A frame to a reader; null for one of a form that is not known (an older or newer version of the other side). */
export function readStreamFrame(text: string): StreamFrame | null {
  const behind = /^B (\d+)$/.exec(text)?.[1];
  if (behind !== undefined) return { kind: "behind", last: Number(behind) };
  const [head, ...rest] = text.split("\n");
  if (head !== "E0" && head !== "E1") return null;
  return { kind: "events", ended: head === "E1", lines: rest.map(readLine) };
}

function readLine(text: string): EventLine {
  const type = text.indexOf(" ") + 1;
  const json = text.indexOf(" ", type) + 1;
  return { id: Number(text.slice(0, type - 1)), type: text.slice(type, json - 1), json: text.slice(json) };
}

export function writeBehind(last: number): string {
  return `B ${last}`;
}

export function writeTaken(id: number, chars: number): string {
  return `A ${id} ${chars}`;
}

export function writeResume(id: number): string {
  return `R ${id}`;
}

const READER_FRAME = /^(?:A (\d+) (\d+)|R (\d+))$/;

/** A frame to an object; null for one of a form that is not known. */
export function readReaderFrame(text: string): ReaderFrame | null {
  const [matched, taken, chars, resume] = READER_FRAME.exec(text) ?? [];
  if (matched === undefined) return null;
  if (resume !== undefined) return { kind: "resume", id: Number(resume) };
  return { kind: "taken", id: Number(taken), chars: Number(chars) };
}
