/** Most characters of a connector's readme. */
export const MOST_README_CHARACTERS = 65_536;

/** Controls but line breaks and tabs, and what reorders or hides text (Unicode bidi controls, zero-width signs). */
const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** How HTML begins: a tag, its end, a comment or an instruction. */
const TAG = /<(?=[A-Za-z/!?])/g;
/** Schemes of links that run code where they are opened. Markdown drops a backslash, browsers drop tabs and line breaks. */
const CODE_LINK =
  /\b(?:j[\t\n]*a[\t\n]*v[\t\n]*a|v[\t\n]*b)[\t\n]*s[\t\n]*c[\t\n]*r[\t\n]*i[\t\n]*p[\t\n]*t\s*\\?:|\bdata\s*\\?:\s*(?=(?:text|application|multipart|message)\/|image\/svg)/gi;
/** Characters of ASCII as references, which Markdown reads in the middle of a link: `&#106;`, `&#x6A;`, `&colon;`. */
const REFERENCE = /&(?:#0*(\d{1,7});?|#x0*([0-9a-f]{1,6});?|(colon|tab|newline|lpar|rpar|nbsp|zerowidthspace);)/gi;
const NAMED: Readonly<Record<string, string>> = {
  colon: ":",
  tab: "\t",
  newline: "\n",
  lpar: "(",
  rpar: ")",
  nbsp: " ",
  zerowidthspace: "",
};
const LAST_ASCII = 0x7f;

function withoutReferences(text: string): string {
  return text.replaceAll(REFERENCE, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code <= LAST_ASCII ? String.fromCharCode(code) : whole;
  });
}

function cleaned(text: string): string {
  return withoutReferences(text)
    .replaceAll("\r\n", "\n")
    .replaceAll("\r", "\n")
    .replaceAll(INVISIBLE, "")
    .replaceAll(TAG, "&lt;")
    .replaceAll(CODE_LINK, "unsafe:");
}

/**
 * A readme as it is kept and answered: Markdown without HTML, without links that run code and without characters that
 * nobody sees. What was cleaned stays the same when it is cleaned again.
 */
export function readmeText(written: string): string {
  let text = written.normalize("NFC");
  // What one round uncovers the next one finds; each makes fewer references, so there is a last one.
  for (let next = cleaned(text); next !== text; next = cleaned(text)) text = next;
  return text;
}
