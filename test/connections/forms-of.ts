/**
 * A secret as it may come to stand in a stored byte: plain, base64 at each offset in both alphabets, hex, in a URL (and in a URL's
 * parameter), in JSON (also with escapes), in a page, in a row as PostgreSQL prints one.
 */
export function formsOf(secret: string): Record<string, string> {
  const bytes = Buffer.from(secret);
  const forms: Record<string, string> = {
    plain: secret,
    hex: bytes.toString("hex"),
    HEX: bytes.toString("hex").toUpperCase(),
    url: encodeURIComponent(secret),
    urlSmall: encodeURIComponent(secret).replace(/%[0-9A-F]{2}/g, (triplet) => triplet.toLowerCase()),
    form: new URLSearchParams({ v: secret }).toString().slice(2),
    json: JSON.stringify(secret).slice(1, -1),
    jsonSlash: JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
    json2: JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    url2: encodeURIComponent(encodeURIComponent(secret)),
    jsonUnicode: escaped(JSON.stringify(secret).slice(1, -1)),
    html: page(secret),
    htmlNumbers: page(secret).replaceAll("&quot;", "&#34;").replaceAll("&#39;", "&#x27;"),
    row: secret.replaceAll("\\", "\\\\").replaceAll('"', '""'),
    rowJson: JSON.stringify(secret).slice(1, -1).replaceAll("\\", "\\\\").replaceAll('"', '""'),
  };
  for (const offset of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // Without the letters that what stands beside it decides.
    const inside = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    forms[`base64+${offset}`] = inside;
    forms[`base64url+${offset}`] = inside.replaceAll("+", "-").replaceAll("/", "_");
  }
  return forms;
}

function page(text: string): string {
  const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (mark) => marks[mark] ?? mark);
}

/** As programs write JSON that is safe within a page. */
function escaped(json: string): string {
  return json.replace(/[<>&']/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
