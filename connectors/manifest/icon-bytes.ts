/** Pictures that hold no code: SVG may. */
const DATA_URI = /^data:(image\/(?:png|jpeg|gif|webp|avif));base64,([A-Za-z0-9+/]+={0,2})$/;

/** How the bytes of each kind begin (latin1; `.` is any byte). */
const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  "image/png": /^\x89PNG\r\n\x1a\n/s,
  "image/jpeg": /^\xff\xd8\xff/s,
  "image/gif": /^GIF8[79]a/s,
  "image/webp": /^RIFF....WEBP/s,
  "image/avif": /^....ftyp(?:avif|avis|mif1)/s,
};

/** A picture of an icon: undefined where it is no data URI, or its bytes are not of the kind that it names. */
export function iconBytes(icon: string): { type: string; bytes: Uint8Array<ArrayBuffer> } | undefined {
  const [, type = "", base64 = ""] = DATA_URI.exec(icon) ?? [];
  let binary: string;
  try {
    binary = atob(base64);
  } catch {
    return undefined;
  }
  if (BEGINNINGS[type]?.test(binary) !== true) return undefined;
  return { type, bytes: Uint8Array.from(binary, (sign) => sign.charCodeAt(0)) };
}
