import type { BlockReader } from "./block-reader.ts";
import { type FieldTable, type Places, placesOf, readShape, type Shape, type ValuesOf } from "./field.ts";
import type { StepCommon, StepDefinition, StepKind } from "./types.ts";

/** The fields of a kind besides those that every step has. */
export type OwnFields<Kind extends StepKind> = Kind extends StepKind
  ? Omit<Extract<StepDefinition, { kind: Kind }>, keyof StepCommon>
  : never;

/** How a step kind is written. One per folder of `engine/steps/`; all of them in `all-step-fields.ts`. */
export interface StepFields<Kind extends StepKind> {
  kind: Kind;
  /** What such a step does, in a sentence. */
  about: string;
  /** Accepted values of `type`, the canonical one first. */
  types: readonly string[];
  /** Keys that tell the kind when `type` is absent. */
  tellingKeys: readonly string[];
  /** The fields of this kind. */
  shape: Shape;
  /** Reads the fields of this kind; `owner` is how messages call the step. Undefined when one that is required is missing. */
  read(block: BlockReader, owner: string): OwnFields<Kind> | undefined;
}

interface StepFieldsSpec<Kind extends StepKind, Table extends FieldTable>
  extends Omit<StepFields<Kind>, "shape" | "read">,
    Shape<Table> {
  /** The values of the fields → the step. Keys are read from the table alone: what is not in it is an unknown key. */
  define(values: ValuesOf<Table>, places: Places<Table>): OwnFields<Kind> | undefined;
}

/** Puts a kind's table and its definition together. */
export function stepFields<Kind extends StepKind, Table extends FieldTable>(
  spec: StepFieldsSpec<Kind, Table>,
): StepFields<Kind> {
  const { kind, about, types, tellingKeys, define, ...shape } = spec;
  return {
    kind,
    about,
    types,
    tellingKeys,
    shape,
    read: (block, owner) => define(readShape<Table>(block, shape, owner), placesOf<Table>(block, shape)),
  };
}
