/** A message for the one who wrote the expression, and the line where it is known. */
export class Refusal {
  readonly message: string;
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    this.message = message;
    this.line = line;
  }
}
