import type { Json } from "../json.ts";
import { marked } from "./operators.ts";
import type { Read, Run } from "./run.ts";
import { utf8Length } from "./limits.ts";
import { LazyMap } from "./types.ts";
import { isSecret, plain, textOf } from "./values.ts";

/** Collects produced text. Once a secret is in it, it becomes a marked concatenation instead of text. */
export class TextOutput {
  private text = "";
  private parts: Json[] | undefined;

  /** Text of known size. */
  write(run: Run, text: string, bytes: number): void {
    run.spendText(bytes);
    this.text += text;
  }

  add(run: Run, read: Read): void {
    if (typeof read === "object" && read !== null && !(read instanceof LazyMap) && holdsSecret(run, read)) {
      this.parts ??= [];
      if (this.text !== "") this.parts.push(this.text);
      this.parts.push(read);
      this.text = "";
      return;
    }
    const text = textOf(read, run.textLeft);
    this.write(run, text, utf8Length(text));
  }

  finish(): Json {
    if (this.parts === undefined) return this.text;
    return marked("concat", this.text === "" ? this.parts : [...this.parts, this.text]);
  }
}

/**
 * Whether a function of this value must be marked. Values are searched inside only when the source names `secrets`: a nested
 * marked value that came by another way would print as its name, never as its content.
 */
export function holdsSecret(run: Run, read: Read): boolean {
  if (typeof read !== "object" || read === null) return false;
  if (isSecret(read)) return true;
  if (!run.secretive) return false;
  const value = plain(read);
  if (value === null || typeof value !== "object") return false;
  run.spend(1);
  return (Array.isArray(value) ? value : Object.values(value)).some((inner) => holdsSecret(run, inner));
}
