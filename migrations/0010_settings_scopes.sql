ALTER TABLE "env_values" ADD COLUMN "rotation" text;--> statement-breakpoint
ALTER TABLE "env_values" ADD COLUMN "rotated_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "rotation" text;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "rotated_at" timestamp with time zone;