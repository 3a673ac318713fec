/** What was purged of a cell: to be removed wherever else it stands, as often as it takes. */
export interface Purged {
  /** The execution that was named first, then those that its steps started. */
  executions: string[];
  /** Key id of who asked for it. */
  actor: string;
  /** Keys under which the tenant's cache may have outputs of its steps. */
  cached: string[];
  /** Rows that the cell had of them, and objects that lay in the object storage. */
  rows: number;
  objects: number;
}

/** What there still is of executions in a cell and its object storage. */
export interface LeftInCell {
  rows: number;
  objects: number;
}
