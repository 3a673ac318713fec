import * as z from "zod";

const about = { slug: z.string(), version: z.string(), actions: z.int() };

export const refreshedPlugin = z
  .discriminatedUnion("status", [
    z.strictObject({ status: z.literal("unchanged"), ...about }),
    z.strictObject({ status: z.literal("updated"), ...about, previous_version: z.string() }),
  ])
  .meta({ id: "RefreshedPlugin" });
