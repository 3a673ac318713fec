CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"roles" text[] NOT NULL,
	"permissions" text[] NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"connector" text NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"end_user" text,
	"config" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "connector_installations" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"installed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "connector_installations_tenant_id_environment_namespace_name_pk" PRIMARY KEY("tenant_id","environment","namespace","name")
);
--> statement-breakpoint
CREATE TABLE "connector_versions" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"tags" text[] NOT NULL,
	"sha256" text NOT NULL,
	"manifest" text NOT NULL,
	"published_by" text NOT NULL,
	"published_at" timestamp with time zone NOT NULL,
	CONSTRAINT "connector_versions_tenant_id_environment_namespace_name_version_pk" PRIMARY KEY("tenant_id","environment","namespace","name","version")
);
--> statement-breakpoint
CREATE TABLE "env_values" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"name" text NOT NULL,
	"scope" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "env_values_tenant_id_environment_name_pk" PRIMARY KEY("tenant_id","environment","name")
);
--> statement-breakpoint
CREATE TABLE "executions" (
	"execution_id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"change" bigint NOT NULL,
	"status" text NOT NULL,
	"workflow_slug" text NOT NULL,
	"workflow_name" text NOT NULL,
	"workflow_version" text NOT NULL,
	"mode" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"error" text,
	"usage" text NOT NULL,
	"run_attempt" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"name" text NOT NULL,
	"scope" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"sealed" text NOT NULL,
	CONSTRAINT "secrets_tenant_id_environment_name_pk" PRIMARY KEY("tenant_id","environment","name")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflow_versions" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"slug" text NOT NULL,
	"version" text NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"plan" text NOT NULL,
	"published_by" text NOT NULL,
	"published_at" timestamp with time zone NOT NULL,
	CONSTRAINT "workflow_versions_tenant_id_environment_slug_version_pk" PRIMARY KEY("tenant_id","environment","slug","version")
);
--> statement-breakpoint
CREATE TABLE "workflows" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "workflows_tenant_id_environment_slug_pk" PRIMARY KEY("tenant_id","environment","slug")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_hash" ON "api_keys" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "api_keys_tenant" ON "api_keys" USING btree ("tenant_id","environment","id");--> statement-breakpoint
CREATE INDEX "audit_at" ON "audit" USING btree ("tenant_id","environment","at");--> statement-breakpoint
CREATE UNIQUE INDEX "connections_name" ON "connections" USING btree ("tenant_id","environment","connector","name");--> statement-breakpoint
CREATE INDEX "executions_created" ON "executions" USING btree ("tenant_id","environment","created_at" DESC NULLS LAST,"execution_id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "executions_workflow" ON "executions" USING btree ("tenant_id","environment","workflow_slug","created_at" DESC NULLS LAST);