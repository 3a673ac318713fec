import { describe, expect, test } from "vitest";
import { egress, egressOfWritten } from "./egress.ts";

/** Every way to spell loopback, private, link-local, reserved and internal places that we know of. */
const LOOPBACK_HOSTS = [
  "127.0.0.1",
  "127.0.0.1.",
  "127.1",
  "127.0.1",
  "127.255.255.254",
  "2130706433",
  "017700000001",
  "0x7f000001",
  "0x7f.1",
  "0x7f.0x0.0x0.0x1",
  "0177.0.0.1",
  "0177.0.0.01",
  "00000177.0.0.1",
  "127.000.000.001",
  "127.0.0.1%2e",
  "%31%32%37.0.0.1",
  "１２７.０.０.１",
  "127。0。0。1",
  "①②⑦.0.0.1",
  "0",
  "0.0.0.0",
  "0x0",
  "00",
  "0.1",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "foo.localhost",
  "localhost.localdomain",
  "ⓛocalhost",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:7f00:0001]",
  "[::127.0.0.1]",
  "[::7f00:1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[2001:0:7f00:1::1]",
  "[100::1]",
  "[::ffff:0:127.0.0.1]",
];
const PRIVATE_HOSTS = [
  "10.0.0.1",
  "10.255.255.255",
  "10.1",
  "0xa.1",
  "167772161",
  "012.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "172.20.1",
  "2886729729",
  "192.168.0.1",
  "192.168.1",
  "0xc0a80001",
  "3232235521",
  "0300.0250.0.1",
  "100.64.0.1",
  "100.127.255.255",
  "100.100.100.200",
  "169.254.169.254",
  "169.254.0.1",
  "0xa9fea9fe",
  "2852039166",
  "0251.0376.0251.0376",
  "169.254.43518",
  "169.16689662",
  "168.63.129.16",
  "192.0.0.1",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.9",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
  "0xffffffff",
  "4294967295",
  "0.0.0.1",
  "[fe80::1]",
  "[febf::1]",
  "[fec0::1]",
  "[fc00::1]",
  "[fd00::1]",
  "[fd00:ec2::254]",
  "[ff02::1]",
  "[ff0e::1]",
  "[::a00:1]",
  "[::10.0.0.1]",
  "[::ffff:10.0.0.1]",
  "[::ffff:169.254.169.254]",
  "[::ffff:a9fe:a9fe]",
  "[64:ff9b::a9fe:a9fe]",
  "[2002:a9fe:a9fe::]",
  "[2002:c0a8:1::1]",
  "[2001::1]",
  "[2001:10::1]",
  "[2001:20::1]",
  "[2001:db8::1]",
  "[2001:1ff:ffff::1]",
  "[3fff::1]",
  "[3fff:fff::1]",
  "[4000::1]",
  "[1fff::1]",
  "[0100::]",
  "[5f00::1]",
  "[::2:3:4:5:6:7:8]",
];
const INTERNAL_NAMES = [
  "metadata",
  "metadata.google.internal",
  "metadata.google.internal.",
  "instance-data",
  "router",
  "intranet",
  "printer.local",
  "printer.local.",
  "db.internal",
  "a.b.internal",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
  "x.svc.cluster",
  "nas.home",
  "nas.home.arpa",
  "1.0.0.127.in-addr.arpa",
  "x.lan",
  "x.corp",
  "x.private",
  "x.intranet",
  "x.localdomain",
  "x.onion",
  "x.test",
  "x.invalid",
  "127.0.0.1.nip.io",
  "10-0-0-1.sslip.io",
  "localtest.me",
  "a.localtest.me",
  "lvh.me",
  "vcap.me",
  "a.1u.ms",
  "7f000001.01020304.rbndr.us",
  "PRINTER.LOCAL",
  "db.INTERNAL",
  "db｡internal",
  "db．internal",
];
const HOSTILE_URLS = [
  "ftp://example.com/",
  "ftp://example.com:443/",
  "file:///etc/passwd",
  "gopher://example.com/",
  "data:text/html,x",
  "javascript:alert(1)",
  "ws://example.com/",
  "wss://example.com/",
  "blob:https://example.com/1",
  "about:blank",
  "mailto:a@example.com",
  "//example.com/",
  "/etc",
  "example.com",
  "",
  "http://",
  "http:///",
  "https://user@example.com/",
  "https://user:pw@example.com/",
  "https://:pw@example.com/",
  "https://example.com@127.0.0.1/",
  "https://127.0.0.1#@example.com/",
  "https://127.0.0.1\\@example.com/",
  "https://example.com:22/",
  "https://example.com:25/",
  "http://example.com:6379/",
  "http://example.com:8000/",
  "http://example.com:3306/",
  "http://example.com:0/",
  "http://example.com:65535/",
  "https://exa mple.com/",
  "https://example..com/",
  "https://.example.com/",
  "https://[::1",
  "https://[1::2::3]/",
  "https://256.256.256.256/",
  "https://1.2.3.4.5/",
  "http:/\\127.0.0.1/",
  "http:127.0.0.1/",
  "http:\\\\127.0.0.1\\",
  "http://127.0.0.1\t/",
  "ht\ntp://127.0.0.1/",
  "http://127.0.0.1:80\\@example.com/",
  "http://[fe80::1%25eth0]/",
  "http://api.smartify.test/",
  "https://cloud.example.com/",
  "https://cloud.example.com./",
  "https://CLOUD.example.com/",
];
const FINE = [
  "https://example.com/",
  "http://example.com/a?b=c#d",
  "https://EXAMPLE.com/",
  "https://example.com./",
  "https://sub.example.co.uk:8443/x",
  "http://example.com:8080/",
  "http://example.com:80/",
  "https://example.com:443/",
  "https://8.8.8.8/",
  "https://1.1.1.1/",
  "http://134744072/",
  "https://172.15.0.1/",
  "https://172.32.0.1/",
  "https://192.167.1.1/",
  "https://100.63.0.1/",
  "https://100.128.0.1/",
  "https://169.253.1.1/",
  "https://11.0.0.1/",
  "https://126.1.1.1/",
  "https://128.0.0.1/",
  "https://223.255.255.255/",
  "https://[2606:4700:4700::1111]/",
  "https://[2a00:1450:4001:81b::200e]/",
  "https://[2001:4860:4860::8888]/",
  "https://[2001:200::1]/",
  "https://[3ffe::1]/",
  "https://bücher.example.com/",
  "https://xn--bcher-kva.com/",
  "https://localhost.example.com/",
  "https://internal.example.com/",
  "https://my_host.example.com/",
  "https://10.example.com/",
  "https://notlocaltest.me/",
  "https://example.com/?u=http://127.0.0.1",
  "https://example.com/@127.0.0.1",
];

const policy = { ownHosts: ["cloud.example.com", "api.smartify.test"] };

describe("egress refuses", () => {
  const urls = [
    ...[...LOOPBACK_HOSTS, ...PRIVATE_HOSTS, ...INTERNAL_NAMES].flatMap((host) => [
      `http://${host}/`,
      `https://${host}:8443/x?y`,
    ]),
    ...HOSTILE_URLS,
  ];

  test("more than three hundred spellings of what is not public, each of them", () => {
    expect(new Set(urls).size).toBeGreaterThan(300);
    expect(urls.filter((url) => egress(url, policy).ok)).toEqual([]);
  });

  test("every address of every special block, at both ends", () => {
    const ends = [
      "0.0.0.0",
      "0.255.255.255",
      "10.0.0.0",
      "100.64.0.0",
      "127.0.0.0",
      "127.255.255.255",
      "169.254.255.255",
      "172.16.0.0",
      "192.0.0.255",
      "198.19.255.255",
      "203.0.113.255",
      "224.0.0.0",
      "255.255.255.254",
    ];
    expect(ends.filter((host) => egress(`http://${host}/`).ok)).toEqual([]);
  });
});

describe("egress allows", () => {
  test("what is public, and keeps it as it is", () => {
    expect(FINE.filter((url) => !egress(url, policy).ok)).toEqual([]);
    const verdict = egress("https://example.com/a%20b?c=d", policy);
    expect(verdict.ok && [verdict.url.href, verdict.dial.href]).toEqual([
      "https://example.com/a%20b?c=d",
      "https://example.com/a%20b?c=d",
    ]);
  });

  test("a host of development, and dials its local service instead", () => {
    const developmentHosts = { "weather-service:8000": "127.0.0.1:49152", receiver: "127.0.0.1:49153" };
    const verdict = egress("http://weather-service:8000/execute?a=1", { developmentHosts });
    expect(verdict.ok && [verdict.url.href, verdict.dial.href]).toEqual([
      "http://weather-service:8000/execute?a=1",
      "http://127.0.0.1:49152/execute?a=1",
    ]);
    const secure = egress("https://receiver/x", { developmentHosts });
    expect(secure.ok && secure.dial.href).toBe("http://127.0.0.1:49153/x");
    for (const url of [
      "http://weather-service/",
      "http://weather-service:8001/",
      "http://127.0.0.1:49152/",
      "http://u@receiver/",
      "http://constructor/",
    ]) {
      expect(egress(url, { developmentHosts }).ok, url).toBe(false);
    }
  });
});

describe("a handler's urlValidation", () => {
  const allowed = (url: string, urlValidation: object) => egress(url, { urlValidation }).ok;

  test("narrows hosts, ports, schemes and addresses", () => {
    const domains = { allowedDomains: ["*.example.com", "partner.org"] };
    expect(allowed("https://api.example.com/", domains)).toBe(true);
    expect(allowed("https://partner.org./", domains)).toBe(true);
    expect(allowed("https://example.com/", domains)).toBe(false);
    expect(allowed("https://evilexample.com/", domains)).toBe(false);
    expect(allowed("https://example.com.evil.org/", domains)).toBe(false);
    expect(allowed("https://bad.org/", { blockedDomains: ["BAD.org"] })).toBe(false);
    expect(allowed("http://example.com/", { requireHTTPS: true })).toBe(false);
    expect(allowed("http://example.com/", { allowedSchemes: ["https"] })).toBe(false);
    expect(allowed("https://example.com:8443/", { allowedPorts: [443] })).toBe(false);
    expect(allowed("https://example.com/", { blockedPorts: [443] })).toBe(false);
    expect(allowed("https://8.8.8.8/", { blockedIpRanges: ["8.0.0.0/8"] })).toBe(false);
    expect(allowed("https://[2606:4700::1]/", { blockedIpRanges: ["2606:4700::/32"] })).toBe(false);
    expect(allowed("https://9.8.8.8/", { blockedIpRanges: ["8.0.0.0/8", "nonsense", "9.0.0.0/99"] })).toBe(true);
  });

  test("never widens", () => {
    expect(allowed("http://127.0.0.1/", { allowedDomains: ["127.0.0.1"], allowedPorts: [80] })).toBe(false);
    expect(allowed("http://example.com:22/", { allowedPorts: [22] })).toBe(false);
    expect(allowed("http://metadata.google.internal/", { allowedDomains: ["*.google.internal"] })).toBe(false);
  });
});

test("a verdict that is remembered is the one of its own rules: no policy sees what another said of the same URL", () => {
  const policies = [{}, { developmentHosts: { api: "127.0.0.1:1" } }, { urlValidation: { requireHTTPS: true } }];
  const urls = [
    "http://api/x",
    "http://api.smartify-tests.com/",
    "https://api.smartify-tests.com/",
    "http://10.0.0.1/",
    "x",
  ];
  for (let round = 0; round < 2; round += 1)
    for (const policy of policies)
      for (const url of urls) expect(egressOfWritten(url, policy), url).toEqual(egress(url, policy));
});
