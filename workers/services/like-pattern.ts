/** A pattern of LIKE that finds `text` anywhere, taken literally. */
export function slugPattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
}
