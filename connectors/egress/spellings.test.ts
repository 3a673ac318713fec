import { expect, test } from "vitest";
import { deploymentPolicy } from "./deployment-policy.ts";
import { egress } from "./egress.ts";

/** One address of every block that is not public, and the ones that clouds answer metadata at. */
const ADDRESSES = [
  "0.0.0.0",
  "10.0.0.1",
  "100.64.0.1",
  "100.100.100.200",
  "127.0.0.1",
  "127.8.9.10",
  "168.63.129.16",
  "169.254.169.254",
  "169.254.170.2",
  "172.16.0.1",
  "172.31.255.254",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.1.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "255.255.255.255",
];
const PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.215.14"];

const WRITE = [
  (part: number) => String(part),
  (part: number) => `0${part.toString(8)}`,
  (part: number) => `0x${part.toString(16)}`,
  (part: number) => `0X${part.toString(16).toUpperCase()}`,
  (part: number) => `000${part.toString(8)}`,
];

/** The last part of a spelling holds all bytes that are left. */
function parts(bytes: number[], count: number): number[] {
  const last = bytes.slice(count - 1).reduce((sum, byte) => sum * 256 + byte, 0);
  return [...bytes.slice(0, count - 1), last];
}

/** The address in one to four parts, each part in every base, in plain, full-width and percent-encoded signs, and inside IPv6. */
function spellings(address: string): string[] {
  const bytes = address.split(".").map(Number);
  const hosts = [1, 2, 3, 4].flatMap((count) => {
    const values = parts(bytes, count);
    const same = WRITE.map((write) => values.map(write).join("."));
    const mixed = WRITE.map((_, at) =>
      values.map((value, index) => WRITE[(index + at) % WRITE.length]?.(value)).join("."),
    );
    return [...same, ...mixed];
  });
  const wide = address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  const percent = [...address].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join("");
  const dots = ["。", "．", "｡"].map((dot) => address.replaceAll(".", dot));
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
  const six = ["::ffff:", "::", "64:ff9b::", "0:0:0:0:0:ffff:", "::ffff:0:"].flatMap((prefix) => [
    `[${prefix}${address}]`,
    `[${prefix}${high}:${low}]`,
    `[${prefix.toUpperCase()}${high.toUpperCase()}:${low}]`,
  ]);
  return [...hosts, wide, percent, ...dots, ...six, `[2002:${high}:${low}::]`, `[2001:0:1:2::${high}:${low}]`];
}

const around = (host: string) => [
  `http://${host}/`,
  `https://${host}:8443/a?b#c`,
  `http://${host}./`,
  `http://example.com@${host}/`,
  `HTTP:${host}`,
];

test("no spelling of an address that is not public passes: thousands of them", () => {
  const urls = new Set(ADDRESSES.flatMap(spellings).flatMap(around));
  expect(urls.size).toBeGreaterThan(5_000);
  expect([...urls].filter((url) => egress(url).ok)).toEqual([]);
});

test("the same spellings of a public IPv4 address do pass, so it is the address that is refused", () => {
  const plain = PUBLIC.flatMap(spellings).filter((host) => !host.startsWith("["));
  expect(plain.filter((host) => !egress(`http://${host}/`).ok)).toEqual([]);
});

test("the table of development hosts counts in development alone", () => {
  const DEVELOPMENT_HOSTS = JSON.stringify({ "svc:8000": "127.0.0.1:4000", outside: "10.0.0.1:80" });
  const passes = (name: "development" | "staging" | "production", url: string) =>
    egress(url, deploymentPolicy({ ENVIRONMENT_NAME: name, DEVELOPMENT_HOSTS })).ok;
  expect(passes("development", "http://svc:8000/")).toBe(true);
  expect(passes("development", "http://outside/")).toBe(false);
  expect(passes("staging", "http://svc:8000/") || passes("production", "http://svc:8000/")).toBe(false);
});
