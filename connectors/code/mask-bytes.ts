import { bytesOfText, textOfBytes } from "./byte-text.ts";
import type { Masker } from "../mask.ts";

/** A body without the masker's secrets: as UTF-8 where it is that, else byte by byte. */
export function maskBytes(bytes: Uint8Array<ArrayBuffer>, masker: Masker): Uint8Array<ArrayBuffer> {
  if (masker.isEmpty) return bytes;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return maskLatin1(bytes, masker);
  }
  const masked = masker.text(text);
  return masked === text ? bytes : new Uint8Array(new TextEncoder().encode(masked));
}

function maskLatin1(bytes: Uint8Array<ArrayBuffer>, masker: Masker): Uint8Array<ArrayBuffer> {
  const text = textOfBytes(bytes);
  const masked = masker.text(text);
  return masked === text ? bytes : bytesOfText(masked);
}
