const LEVELS = { debug: "debug", trace: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;

/** A console whose lines go into the execution's log. */
export function consoleOf(say: (level: string, message: string) => unknown): Console {
  const own: Record<string, (...values: unknown[]) => void> = {};
  for (const [name, level] of Object.entries(LEVELS)) {
    own[name] = (...values) => void say(level, values.map(textOf).join(" "));
  }
  const silent = () => undefined;
  return new Proxy(own, { get: (target, name) => target[String(name)] ?? silent }) as unknown as Console;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
