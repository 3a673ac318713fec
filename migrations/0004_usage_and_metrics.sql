CREATE TABLE "run_outcomes" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"workflow_slug" text NOT NULL,
	"mode" text NOT NULL,
	"status" text NOT NULL,
	"bucket" integer NOT NULL,
	"runs" bigint NOT NULL,
	"seconds" double precision NOT NULL,
	CONSTRAINT "run_outcomes_pk" PRIMARY KEY("tenant_id","environment","workflow_slug","mode","status","bucket")
);
--> statement-breakpoint
CREATE TABLE "usage_records" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"execution_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"workflow_slug" text NOT NULL,
	"workflow_version" text NOT NULL,
	"mode" text NOT NULL,
	"connector" text NOT NULL,
	"action" text NOT NULL,
	"step_kind" text NOT NULL,
	"outcome" text NOT NULL,
	"executions" bigint NOT NULL,
	"step_runs" bigint NOT NULL,
	"compute_ms" bigint NOT NULL,
	"egress_bytes" bigint NOT NULL,
	"ai_tokens" bigint NOT NULL,
	"corrects" text,
	"reason" text,
	"actor" text
);
--> statement-breakpoint
CREATE TABLE "usage_rollups" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"granularity" text NOT NULL,
	"period" timestamp with time zone NOT NULL,
	"workflow_slug" text NOT NULL,
	"connector" text NOT NULL,
	"step_kind" text NOT NULL,
	"mode" text NOT NULL,
	"outcome" text NOT NULL,
	"kind" text NOT NULL,
	"executions" bigint NOT NULL,
	"step_runs" bigint NOT NULL,
	"compute_ms" bigint NOT NULL,
	"egress_bytes" bigint NOT NULL,
	"ai_tokens" bigint NOT NULL,
	CONSTRAINT "usage_rollups_pk" PRIMARY KEY("tenant_id","environment","granularity","period","workflow_slug","connector","step_kind","mode","outcome","kind")
);
--> statement-breakpoint
CREATE INDEX "usage_records_at" ON "usage_records" USING btree ("tenant_id","environment","at");--> statement-breakpoint
CREATE INDEX "usage_records_execution" ON "usage_records" USING btree ("execution_id");--> statement-breakpoint
CREATE INDEX "executions_unfinished" ON "executions" USING btree ("tenant_id","environment") WHERE finished_at IS NULL;