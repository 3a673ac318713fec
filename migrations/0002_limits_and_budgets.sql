CREATE TABLE "budgets" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"scope" text NOT NULL,
	"budget" text NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "budgets_tenant_id_environment_scope_pk" PRIMARY KEY("tenant_id","environment","scope")
);
--> statement-breakpoint
CREATE TABLE "tenant_limits" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"limits" text NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "tenant_limits_tenant_id_environment_pk" PRIMARY KEY("tenant_id","environment")
);
