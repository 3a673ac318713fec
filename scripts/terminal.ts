const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;

function paint(code: number): (text: string) => string {
  return (text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
}

export const bold = paint(1);
export const dim = paint(2);
export const green = paint(32);
export const red = paint(31);

const began = performance.now();

/** One line of progress, with the seconds since the start. */
export function say(text: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${dim(`${seconds} s`)}  ${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${red("error")}  ${text}\n`);
}

/** Name and value in two columns. */
export function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${dim(name.padEnd(width))}  ${value}`).join("\n");
}
