import type { Json, JsonObject } from "../json.ts";
import { pointerTo, toJson } from "../source/tree.ts";
import { isObject } from "../json.ts";
import { cronProblem, isTimeZone } from "../triggers/cron-schedule.ts";
import { MOST_BACKFILL } from "../triggers/trigger-spec.ts";
import type { BlockReader, Names } from "./block-reader.ts";
import type { Field } from "./field.ts";
import { custom, type FieldOptions } from "./field-kinds.ts";
import type { Member } from "./read-context.ts";

/* Fields that triggers have and nothing else: what they hold is checked when the file is read. */

/** Text with something to be checked about it; `problem` says what is wrong, in words that follow the field's name. */
function checkedWord(
  about: string,
  schema: JsonObject,
  problem: (text: string) => string | undefined,
  options?: FieldOptions,
): Field<string> {
  const read = (block: BlockReader, names: Names) => {
    const text = block.word(names);
    const wrong = text === undefined ? undefined : problem(text);
    const member = block.member(names);
    if (wrong !== undefined && member !== undefined) block.context.refuse(member, wrong);
    return text;
  };
  return custom(about, { type: ["string", "number"], ...schema }, read, options);
}

export function cron(about: string, options?: FieldOptions): Field<string> {
  return checkedWord(about, {}, cronProblem, options);
}

export function timeZone(about: string, options?: FieldOptions): Field<string> {
  const problem = (name: string) =>
    isTimeZone(name) ? undefined : `timezone must be a zone of the IANA database such as Europe/Berlin`;
  return checkedWord(about, {}, problem, options);
}

const PATH = "^/*[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*/*$";
const LONGEST_PATH = 200;

/** The path of a webhook: words of letters, digits and `.`, `_`, `~`, `-` between slashes. */
export function hookPathField(about: string, options?: FieldOptions): Field<string> {
  const problem = (path: string) => {
    if (path.length > LONGEST_PATH) return `path must not be longer than ${LONGEST_PATH} characters`;
    if (new RegExp(PATH).test(path) && !path.split("/").some((part) => part === "." || part === "..")) return undefined;
    return "path must be words of letters, digits, dots, dashes, underscores and tildes, with slashes between them";
  };
  return checkedWord(about, {}, problem, options);
}

const HEADER = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$";

export function headerName(about: string, options?: FieldOptions): Field<string> {
  const problem = (name: string) => (new RegExp(HEADER).test(name) ? undefined : "is not the name of an HTTP header");
  return checkedWord(about, {}, problem, options);
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** One HTTP method or several, in any case. */
export function methods(about: string, options?: FieldOptions): Field<string[]> {
  const read = (block: BlockReader, names: Names) => {
    const written = block.texts(names);
    const member = block.member(names);
    if (written === undefined || member === undefined) return undefined;
    const unknown = written.length === 0 || written.some((method) => !METHODS.includes(method.toUpperCase()));
    if (unknown) block.context.refuse(member, `method must be one or several of ${METHODS.join(", ")}`);
    return written;
  };
  return custom(about, { type: ["string", "array"], items: { type: "string" } }, read, options);
}

/** Addresses and networks: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export function networks(about: string, options?: FieldOptions): Field<string[]> {
  const read = (block: BlockReader, names: Names) => {
    const written = block.texts(names);
    const member = block.member(names);
    if (written === undefined || member === undefined) return undefined;
    for (const [index, network] of written.entries()) if (!isNetwork(network)) refuseItem(block, member, index);
    return written;
  };
  return custom(about, { type: ["string", "array"], items: { type: "string" } }, read, options);
}

function refuseItem(block: BlockReader, member: Member, index: number): void {
  const { node, pointer } = member;
  const item = node.kind === "list" ? node.items[index] : undefined;
  const place = item === undefined ? member : { node: item, pointer: pointerTo(pointer, index) };
  block.context.refuse(place, "is not an address or network such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32");
}

function isNetwork(text: string): boolean {
  const [address = "", length, ...more] = text.trim().split("/");
  const four = /^(\d{1,3}\.){3}\d{1,3}$/.test(address);
  if (more.length > 0 || !(four ? address.split(".").every((part) => Number(part) < 256) : isSix(address)))
    return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (four ? 32 : 128));
}

function isSix(address: string): boolean {
  if (!/^[0-9a-f:]+$/i.test(address)) return false;
  const halves = address.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (halves.length > 2 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

/** `true`, `false` or `{max}`. */
export function backfill(about: string, options?: FieldOptions): Field<Json> {
  const schema: JsonObject = {
    anyOf: [
      { type: "boolean" },
      {
        type: "object",
        properties: { max: { type: "integer", minimum: 1, maximum: MOST_BACKFILL } },
        required: ["max"],
        additionalProperties: false,
      },
    ],
  };
  const read = (block: BlockReader, names: Names) => {
    const member = block.member(names);
    const value = member && toJson(member.node);
    if (member === undefined || value === undefined || value === null || typeof value === "boolean") return value;
    const max = isObject(value) && Object.keys(value).length === 1 ? value.max : undefined;
    const fits = typeof max === "number" && Number.isInteger(max) && max >= 1 && max <= MOST_BACKFILL;
    if (!fits) block.context.refuse(member, `backfill must be true, false or {max: 1 to ${MOST_BACKFILL}}`);
    return value;
  };
  return custom(about, schema, read, options);
}
