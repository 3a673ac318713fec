import * as z from "zod";
import { cleanText } from "../clean-text.ts";

/** `limit` and `cursor` of every list (section 20): 20 by default, 1 to 100. */
export const pageQuery = {
  cursor: cleanText(500).optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, "must be a number from 1 to 100.")
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 100, "must be a number from 1 to 100.")
    .default(20)
    .meta({ type: "integer", minimum: 1, maximum: 100, default: 20 }),
};

/** `{data, has_more, next_cursor}`. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });
}

export interface Page<Item> {
  data: Item[];
  has_more: boolean;
  next_cursor: string | null;
}
