CREATE TABLE "telemetry" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"endpoint" text NOT NULL,
	"sealed_headers" text,
	"header_names" text[] NOT NULL,
	"traces" boolean NOT NULL,
	"metrics" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"metrics_due" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"last_error" text,
	"dropped" bigint NOT NULL,
	CONSTRAINT "telemetry_pk" PRIMARY KEY("tenant_id","environment")
);
--> statement-breakpoint
CREATE TABLE "telemetry_jobs" (
	"execution_id" text NOT NULL,
	"run_attempt" integer NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"attempts" integer NOT NULL,
	"due" timestamp with time zone NOT NULL,
	CONSTRAINT "telemetry_jobs_pk" PRIMARY KEY("execution_id","run_attempt")
);
--> statement-breakpoint
CREATE INDEX "telemetry_jobs_due" ON "telemetry_jobs" USING btree ("due");--> statement-breakpoint
CREATE INDEX "telemetry_jobs_tenant" ON "telemetry_jobs" USING btree ("tenant_id","environment");