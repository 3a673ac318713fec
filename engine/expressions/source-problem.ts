import type { ExpressionProblem } from "./types.ts";

/** Carries a problem of the source from where the parser meets it to where problems are collected. Never leaves this room. */
export class SourceProblem extends Error {
  readonly problem: ExpressionProblem;

  constructor(offset: number, length: number, message: string, suggestion?: string) {
    super(message);
    this.problem = suggestion === undefined ? { offset, length, message } : { offset, length, message, suggestion };
  }
}
