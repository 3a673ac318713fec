import { iconBytes } from "./icon-bytes.ts";

/** Most characters of an icon: a data URI of 24 KB. */
const MOST_ICON_CHARACTERS = 32_768;

/** What is wrong with an icon, if anything: an https address or a picture as a data URI. */
export function iconProblem(icon: string): string | undefined {
  if (icon.length > MOST_ICON_CHARACTERS)
    return `an icon must not be longer than ${MOST_ICON_CHARACTERS} characters: give its https address instead`;
  if (icon.startsWith("data:"))
    return iconBytes(icon) === undefined
      ? "an icon as a data URI must be a png, jpeg, gif, webp or avif in base64, as its type says"
      : undefined;
  const url = URL.canParse(icon) ? new URL(icon) : undefined;
  if (url?.protocol === "https:" && url.username === "" && url.password === "") return undefined;
  return "an icon must be an https address, or a data URI of a png, jpeg, gif, webp or avif";
}
