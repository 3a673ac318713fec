const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Ten years: beyond it a duration is a slip of the pen. */
export const LONGEST_DURATION_MS = 3_650 * 86_400_000;

/** The texts that are durations, as the source of a regular expression: "30", "1.5h", "1h30m", "2 d". */
export const DURATION_TEXT = "\\d+(?:\\.\\d+)?|(?:\\d+(?:\\.\\d+)?\\s*(?:ms|s|m|h|d|w)\\s*)+";
const DURATION = new RegExp(`^(?:${DURATION_TEXT})$`);

/**
 * A duration as workflows write it → milliseconds. A number (or its text) is seconds (section 20); text is one or more
 * numbers with a unit: "30s", "5m", "1h30m", "2d", "500ms". Undefined when it is neither, negative or beyond ten years.
 */
export function durationMs(value: number | string): number | undefined {
  const ms = typeof value === "number" ? value * 1_000 : textMs(value.trim());
  return ms !== undefined && Number.isFinite(ms) && ms >= 0 && ms <= LONGEST_DURATION_MS ? Math.round(ms) : undefined;
}

function textMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (text.length > 40 || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)/g))
    total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  return total;
}
