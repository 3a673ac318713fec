/** How bytes are written as text. */
export const BYTE_ENCODINGS = ["utf8", "hex", "base64", "base64url"] as const;
export type ByteEncoding = (typeof BYTE_ENCODINGS)[number];

/** The encoding of this name; the names stand in the actions' schemas, so that no other gets here. */
export function encodingOf(name: unknown): ByteEncoding {
  return BYTE_ENCODINGS.find((known) => known === name) ?? "utf8";
}

/** The bytes that a text stands for; undefined where it is none of this encoding. */
export function bytesOf(text: string, encoding: ByteEncoding): Uint8Array<ArrayBuffer> | undefined {
  switch (encoding) {
    case "utf8":
      return Uint8Array.from(new TextEncoder().encode(text));
    case "hex": {
      if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return undefined;
      return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    }
    case "base64":
    case "base64url": {
      const plain = text.replace(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
      if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) return undefined;
      const binary = atob(plain);
      return Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
    }
    default:
      return encoding satisfies never;
  }
}

/** Bytes as text. Throws where they are not UTF-8 and UTF-8 is asked for. */
export function textOfBytes(bytes: Uint8Array, encoding: ByteEncoding): string {
  switch (encoding) {
    case "utf8":
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    case "hex":
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    case "base64":
      return base64(bytes);
    case "base64url":
      return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    default:
      return encoding satisfies never;
  }
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
