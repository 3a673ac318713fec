import { LIMITS, limitError, utf8Length, workOfText } from "./limits.ts";
import type { LazyMap, Scope, Value } from "./types.ts";

/** What a node reads: a value, something lazy, or undefined for what is missing. */
export type Read = Value | LazyMap | undefined;

/** One evaluation: its scope, its meter, its local variables. */
export class Run {
  readonly scope: Scope;
  readonly locals: Read[];
  /** Whether arguments are searched for secrets at any depth: the source names `secrets`. */
  readonly secretive: boolean;
  uuids = 0;
  private readonly allowed: number;
  private operations: number;
  private bytes: number;

  constructor(
    scope: Scope,
    slots: number,
    secretive: boolean,
    operations: number = LIMITS.operations,
    bytes: number = LIMITS.text_bytes,
  ) {
    this.scope = scope;
    this.locals = slots === 0 ? NO_LOCALS : new Array<Read>(slots);
    this.secretive = secretive;
    this.allowed = operations + workOfText(bytes);
    this.operations = operations;
    this.bytes = bytes;
  }

  /** Counts work before it is done. */
  spend(operations: number): void {
    this.operations -= operations;
    if (this.operations < 0) throw limitError("operations");
  }

  /** Counts text that is about to be produced. */
  spendText(bytes: number): void {
    this.bytes -= bytes;
    if (this.bytes < 0) throw limitError("text_bytes");
  }

  /** What it has cost so far, in operations. */
  get spent(): number {
    return this.allowed - this.operations - workOfText(this.bytes);
  }

  /** Counts a text that was produced, and gives it back. */
  produced(text: string): string {
    this.spendText(utf8Length(text));
    return text;
  }

  /** What may still be produced: lets a walk stop before it prints something enormous. */
  get textLeft(): number {
    return this.bytes;
  }
}

const NO_LOCALS: Read[] = [];
