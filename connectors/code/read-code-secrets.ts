import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { isObject, type Json } from "../../engine/json.ts";
import type { CodeSecret } from "../manifest/manifest.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
/** A header or a member of the query has a name; a body is replaced as a whole. */
const POSITION = /^(?:body|(?:header|query)(?::[A-Za-z0-9_.-]{1,100})?)$/;

/** `secrets: [NAME, {name: NAME, in: [header:authorization], hosts: [api.example.com]}]`. */
export function readCodeSecrets(block: BlockReader, owner: string): CodeSecret[] | undefined {
  const member = block.member(["secrets"]);
  const written = block.json(["secrets"]);
  if (member === undefined || written === undefined || written === null) return undefined;
  const list = Array.isArray(written) ? written : [written];
  const secrets = list.map(readOne);
  if (secrets.every((secret) => secret !== undefined)) return secrets;
  block.context.refuse(
    member,
    `secrets of ${owner} must be names, or maps {name, in: [header, header:NAME, query, query:NAME, body], hosts}`,
  );
  return undefined;
}

function readOne(written: Json): CodeSecret | undefined {
  const { name, in: where, positions = where, hosts, ...rest } = isObject(written) ? written : { name: written };
  if (typeof name !== "string" || !NAME.test(name) || Object.keys(rest).length > 0) return undefined;
  const places = textsOf(positions);
  const names = textsOf(hosts);
  if (places === null || names === null || !(places ?? []).every((place) => POSITION.test(place))) return undefined;
  return withoutUndefined<CodeSecret>({ name, positions: places, hosts: names });
}

/** A text or a list of texts; null where it is neither. */
function textsOf(value: Json | undefined): string[] | undefined | null {
  if (value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === "string");
  return texts.length === list.length ? texts : null;
}
