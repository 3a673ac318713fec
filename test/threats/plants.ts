import { ARRIVAL_PLANTS } from "./arrival-plants.ts";
import { BOUND_PLANTS } from "./bound-plants.ts";
import { CODE_PLANTS } from "./code-plants.ts";
import { LANGUAGE_PLANTS } from "./language-plants.ts";
import type { Plant } from "./plant.ts";
import { SECRET_PLANTS } from "./secret-plants.ts";

/** Rows of the threat table (docs/design/threats.md), and of decisions by their number. */
export const PLANTS: readonly Plant[] = [
  ...LANGUAGE_PLANTS,
  ...SECRET_PLANTS,
  ...CODE_PLANTS,
  ...BOUND_PLANTS,
  ...ARRIVAL_PLANTS,
];
