import { expect, test } from "vitest";
import type { Json } from "../../engine/json.ts";
import { readConnectorValue } from "./read-connector.ts";
import { readmeText } from "./readme-text.ts";

function read(members: Record<string, Json>, action: Record<string, Json> = {}) {
  return readConnectorValue({
    connector: { name: "tides", namespace: "acme", version: "1.0.0", ...members },
    actions: [{ name: "ask", handler: { http: { url: "https://tides.example", method: "GET" } }, ...action }],
  });
}

test("readme (or documentation), icon, visibility and the examples of actions are kept", () => {
  const { manifest, problems } = read(
    { documentation: "# Tides\n", icon: "data:image/png;base64,iVBORw0KGgo=", visibility: "public" },
    { examples: [{ name: "High water", input: { at: "Dover" }, output: { high: "12:30" } }] },
  );
  expect(problems).toEqual([]);
  expect(manifest).toMatchObject({ readme: "# Tides\n", visibility: "public", icon: expect.stringMatching(/^data:/) });
  expect(manifest?.actions[0]?.examples).toEqual([
    { title: "High water", input: { at: "Dover" }, output: { high: "12:30" } },
  ]);
});

test.each([
  ["an icon that may hold code", { icon: "data:image/svg+xml;base64,PHN2Zy8+" }, "/connector/icon"],
  ["an icon by plain http", { icon: "http://tides.example/icon.png" }, "/connector/icon"],
  ["an icon that is a script", { icon: "javascript:alert(1)" }, "/connector/icon"],
  ["an icon whose bytes are a page", { icon: `data:image/png;base64,${btoa("<!doctype html>")}` }, "/connector/icon"],
  ["an icon of another kind than it says", { icon: "data:image/png;base64,R0lGODlhAQABAAAAACw=" }, "/connector/icon"],
  ["an icon with a password", { icon: "https://a:b@tides.example/i.png" }, "/connector/icon"],
  ["a display name that turns round", { displayName: "\u202ekcalS" }, "/connector/displayName"],
  ["a display name with what nobody sees", { displayName: "Sl\u200back" }, "/connector/displayName"],
  ["a display name without end", { displayName: "x".repeat(201) }, "/connector/displayName"],
  ["an icon of a megabyte", { icon: `data:image/png;base64,${"A".repeat(1_000_000)}` }, "/connector/icon"],
  ["a readme without end", { readme: "x".repeat(65_537) }, "/connector/readme"],
  ["a visibility that is none", { visibility: "hidden" }, "/connector/visibility"],
])("%s is refused where it stands", (_, members, path) => {
  expect(read(members).problems).toMatchObject([{ path }]);
});

test.each([
  ["<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"],
  ["<!-- x --><?php ?>", "&lt;!-- x -->&lt;?php ?>"],
  ["[go](javascript:alert(1))", "[go](unsafe:alert(1))"],
  ["[go](JaVa\u200bScript&#58;alert(1))", "[go](unsafe:alert(1))"],
  ["![x](data:text/html;base64,AAAA)", "![x](unsafe:text/html;base64,AAAA)"],
  ["abc\u202edcba\u0000\u001b[31m", "abcdcba[31m"],
  ["[x](&#106;avascript:alert(1))", "[x](unsafe:alert(1))"],
  ["[x](&#x6A;&#0097;vascript&colon;alert&lpar;1))", "[x](unsafe:alert(1))"],
  ["[x](&#38;#106;avascript:alert(1))", "[x](unsafe:alert(1))"],
  ["[x](javascript\\:alert(1))", "[x](unsafe:alert(1))"],
  ["[x](java&Tab;script:alert(1))", "[x](unsafe:alert(1))"],
  ["[x](java\nscript:alert(1))", "[x](unsafe:alert(1))"],
  ["&#60;img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"],
  ["[x](data:application/xhtml+xml;base64,AAAA)", "[x](unsafe:application/xhtml+xml;base64,AAAA)"],
  ["AT&T, &lt;b> &amp; &#8364;", "AT&T, &lt;b> &amp; &#8364;"],
  ["`a < b`, data: {x: 1}\r\n\ttab", "`a < b`, data: {x: 1}\n\ttab"],
])("a readme %j is kept as %j, and stays so", (written, kept) => {
  expect(readmeText(written)).toBe(kept);
  expect(readmeText(kept)).toBe(kept);
});
