/*
 * Which addresses are on the public internet (IANA special-purpose registries, threat T1). IPv4: everything but the listed
 * blocks. IPv6: only global unicast 2000::/3, less its special blocks; whatever embeds an IPv4 address stands outside it.
 */

const REFUSED_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

const GLOBAL_V6 = ["2000::", 3] as const;
const REFUSED_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/** The bytes of a dotted IPv4 address as WHATWG URL writes it; undefined for a name. */
export function ipv4Bytes(host: string): number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
  const bytes = match?.slice(1).map(Number);
  return bytes?.every((byte) => byte < 256) ? bytes : undefined;
}

/** The bytes of an IPv6 address without brackets, in any spelling; undefined for anything else, zone ids included. */
export function ipv6Bytes(host: string): number[] | undefined {
  if (!/^[0-9a-f:.]+$/i.test(host) || !host.includes(":")) return undefined;
  const [left, right, ...more] = host.split("::");
  if (left === undefined || more.length > 0) return undefined;
  const before = groupBytes(left);
  const after = right === undefined ? [] : groupBytes(right);
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...new Array<number>(missing).fill(0), ...after];
}

function groupBytes(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  for (const [index, group] of text.split(":").entries()) {
    const dotted = group.includes(".") && index === text.split(":").length - 1 ? ipv4Bytes(group) : undefined;
    if (dotted) bytes.push(...dotted);
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return undefined;
  }
  return bytes;
}

/** Whether the first `length` bits of two addresses of one family are equal. */
function samePrefix(a: number[], b: number[], length: number): boolean {
  if (a.length !== b.length) return false;
  for (let bit = 0; bit < length; bit += 8) {
    const mask = 256 - 2 ** Math.max(0, 8 - (length - bit));
    if (((a[bit / 8] ?? 0) & mask) !== ((b[bit / 8] ?? 0) & mask)) return false;
  }
  return true;
}

/** Whether an address lies in a block such as `10.0.0.0/8` or `fd00::/8`. A malformed block holds nothing. */
export function inBlock(address: number[], block: string): boolean {
  const [base = "", length] = block.trim().split("/");
  const bytes = ipv4Bytes(base) ?? ipv6Bytes(base);
  if (bytes === undefined) return false;
  const bits = length === undefined ? bytes.length * 8 : Number(length);
  return Number.isInteger(bits) && bits >= 0 && bits <= bytes.length * 8 && samePrefix(address, bytes, bits);
}

/** Whether an address (4 or 16 bytes) is a public one. */
export function isPublicAddress(address: number[]): boolean {
  const within = ([base, length]: readonly [string, number]): boolean => inBlock(address, `${base}/${length}`);
  if (address.length === 4) return !REFUSED_V4.some(within);
  return address.length === 16 && within(GLOBAL_V6) && !REFUSED_V6.some(within);
}
