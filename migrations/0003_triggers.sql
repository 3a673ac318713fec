CREATE TABLE "triggers" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"workflow_slug" text NOT NULL,
	"origin" text NOT NULL,
	"type" text NOT NULL,
	"name" text NOT NULL,
	"config" text NOT NULL,
	"hook_path" text,
	"enabled" boolean NOT NULL,
	"paused" boolean NOT NULL,
	"actor" text NOT NULL,
	"revision" bigint NOT NULL,
	"deleted" boolean NOT NULL,
	"dirty" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workflows" ADD COLUMN "triggers_wanted" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "workflows" ADD COLUMN "triggers_installed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "triggers_owner" ON "triggers" USING btree ("tenant_id","environment","id");--> statement-breakpoint
CREATE INDEX "triggers_workflow" ON "triggers" USING btree ("tenant_id","environment","workflow_slug");--> statement-breakpoint
CREATE INDEX "triggers_hook" ON "triggers" USING btree ("tenant_id","environment","hook_path");--> statement-breakpoint
CREATE INDEX "triggers_dirty" ON "triggers" USING btree ("dirty") WHERE dirty;--> statement-breakpoint
UPDATE "workflows" SET "triggers_wanted" = 1;
