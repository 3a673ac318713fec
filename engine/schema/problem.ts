/** One way in which a value does not fit its schema. */
export interface SchemaProblem {
  /** JSON pointer inside the value; a missing or surplus member's pointer names the member. */
  path: string;
  /** Readable without the path: "location is required", "must be number, got string". */
  message: string;
  suggestion?: string;
}
