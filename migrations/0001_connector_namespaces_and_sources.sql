CREATE TABLE "connector_namespaces" (
	"environment" text NOT NULL,
	"namespace" text NOT NULL,
	"tenant_id" text NOT NULL,
	"claimed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "connector_namespaces_environment_namespace_pk" PRIMARY KEY("environment","namespace")
);
--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "source" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "source_format" text;--> statement-breakpoint
INSERT INTO "connector_namespaces" ("environment", "namespace", "tenant_id", "claimed_at")
SELECT DISTINCT ON ("environment", "namespace") "environment", "namespace", "tenant_id", "published_at"
FROM "connector_versions"
WHERE "namespace" <> 'community'
ORDER BY "environment", "namespace", "published_at";
