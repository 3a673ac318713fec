import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "postgresql", schema: "./workers/database/tables.ts", out: "./migrations" });
