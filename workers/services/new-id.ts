import { encodeBase32 } from "../../contracts/base32.ts";
import { ID_PREFIX } from "../../contracts/ids.ts";
import type { Ports } from "./context.ts";

/** A new id: its prefix and 128 random bits. */
export function newId(ports: Pick<Ports, "random">, kind: keyof typeof ID_PREFIX): string {
  return ID_PREFIX[kind] + encodeBase32(ports.random(16));
}
