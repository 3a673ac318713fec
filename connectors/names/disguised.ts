import { nameSkeleton } from "./name-skeleton.ts";

/**
 * The name among `known` that `text` looks like without being spelled like it: with letters of another script, digits for letters,
 * or signs that nobody sees. Case and separators are no disguise: `GitHub` is how GitHub is written.
 */
export function disguised(text: string, known: Iterable<string>): string | undefined {
  // As it is read by letter, and by look: a large I is an l to the eye, and a 1 an i as well as an l.
  const looks = [text, text.replaceAll("I", "l"), text.replaceAll("1", "i")].map(nameSkeleton);
  const spelled = letters(text);
  for (const name of known) if (looks.includes(nameSkeleton(name)) && letters(name) !== spelled) return name;
  return undefined;
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[\s\-_.]/g, "");
}
