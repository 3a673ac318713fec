import { describe, expect, test } from "vitest";
import { Masker } from "./mask.ts";

const SECRET = 's3cr\\et/+"token"=ü &x';

function maskerOf(...values: (string | number)[]): Masker {
  const masker = new Masker();
  for (const value of values) masker.add(value);
  return masker;
}

/** What of a base64 text depends on the secret alone, found by encoding it between two different surroundings. */
function encodedBetween(before: string, after: string): string {
  return Buffer.from(`${before}${SECRET}${after}`).toString("base64");
}

describe("a masker", () => {
  test("finds a secret in every form in which it may come back", () => {
    const forms = [
      SECRET,
      encodeURIComponent(SECRET),
      encodeURIComponent(SECRET).replaceAll("%20", "+"),
      new URLSearchParams({ a: SECRET }).toString(),
      JSON.stringify({ a: SECRET }),
      Buffer.from(SECRET).toString("hex"),
      Buffer.from(SECRET).toString("base64"),
      Buffer.from(SECRET).toString("base64url"),
    ];
    for (const form of forms) expect(maskerOf(SECRET).text(`<${form}>`), form).toContain("***");
  });

  test("finds a secret in the text of a page or of a program's JSON, as different encoders write it", () => {
    const secret = `p/a<b>&"c'd*é`;
    const forms = [
      "p/a&lt;b&gt;&amp;&quot;c&#39;d*é",
      `p/a&lt;b&gt;&amp;"c'd*é`,
      "p/a&lt;b&gt;&amp;&#34;c&#39;d*é",
      `p\\/a<b>&\\"c'd*\\u00e9`,
      `p/a\\u003cb\\u003e\\u0026\\"c'd*é`,
      `p/a\\u003cb\\u003e\\u0026\\"c\\u0027d*\\u00e9`,
      JSON.stringify(JSON.stringify(secret)),
      "p/a%3Cb%3E%26%22c%27d%2A%C3%A9",
      "p%2fa%3cb%3e%26%22c%27d%2a%c3%a9",
    ];
    for (const form of forms) expect(maskerOf(secret).text(`<${form}>`), form).toContain("***");
  });

  test("finds it inside a longer base64 text at every offset", () => {
    for (const before of ["", "a", "ab", "abc", "user:"]) {
      const text = encodedBetween(before, "tail");
      const masked = maskerOf(SECRET).text(text);
      expect(masked, before).toContain("***");
      expect(masked.length, before).toBeLessThan(text.length / 2);
    }
  });

  test("masks keys, numbers and texts at any depth, and leaves everything else alone", () => {
    const masker = maskerOf("tok-1234", 987654);
    expect(masker.json({ "tok-1234": [{ a: "x tok-1234 y", n: 987654, m: 5, b: true, z: null }] })).toEqual({
      "***": [{ a: "x *** y", n: "***", m: 5, b: true, z: null }],
    });
  });

  test("takes the longer secret first, and does not mask what is too short to be one", () => {
    expect(maskerOf("abcd", "abcdefgh").text("abcdefgh abcd")).toBe("*** ***");
    expect(maskerOf("a", "xyz").text("a banana xyz")).toBe("a banana xyz");
  });
});
