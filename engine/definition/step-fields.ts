import type { BlockReader } from "./block-reader.ts";
import type { StepCommon, StepDefinition, StepKind } from "./types.ts";

/** The fields of a kind besides those that every step has. */
export type OwnFields<Kind extends StepKind> = Kind extends StepKind
  ? Omit<Extract<StepDefinition, { kind: Kind }>, keyof StepCommon>
  : never;

/** How a step kind is written. One per folder of `engine/steps/`; all of them in `all-step-fields.ts`. */
export interface StepFields<Kind extends StepKind> {
  kind: Kind;
  /** Accepted values of `type`, the canonical one first. */
  types: readonly string[];
  /** Keys that tell the kind when `type` is absent. */
  tellingKeys: readonly string[];
  /** Reads the fields of this kind; `owner` is how messages call the step. Undefined when one that is required is missing. */
  read(block: BlockReader, owner: string): OwnFields<Kind> | undefined;
}
