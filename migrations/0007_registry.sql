CREATE TABLE "connector_pins" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"workflow_slug" text NOT NULL,
	"workflow_version" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	CONSTRAINT "connector_pins_pk" PRIMARY KEY("tenant_id","environment","workflow_slug","workflow_version","namespace","name","version")
);
--> statement-breakpoint
CREATE TABLE "publisher_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"public_key" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "trust_policies" (
	"tenant_id" text NOT NULL,
	"environment" text NOT NULL,
	"policy" text NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "trust_policies_tenant_id_environment_pk" PRIMARY KEY("tenant_id","environment")
);
--> statement-breakpoint
ALTER TABLE "connector_installations" ADD COLUMN "range" text;--> statement-breakpoint
ALTER TABLE "connector_namespaces" ADD COLUMN "skeleton" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "source_sha256" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "visibility" text DEFAULT 'private' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "version_key" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "search" "tsvector";--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "signature" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "signature_key" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "deprecated_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "deprecated_reason" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "replacement_version" text;--> statement-breakpoint
ALTER TABLE "connector_versions" ADD COLUMN "unpublished_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "connector_pins_by_connector" ON "connector_pins" USING btree ("environment","namespace","name","version");--> statement-breakpoint
CREATE INDEX "connector_installations_by_connector" ON "connector_installations" USING btree ("environment","namespace","name");--> statement-breakpoint
CREATE UNIQUE INDEX "connector_namespaces_look" ON "connector_namespaces" USING btree ("environment","skeleton");--> statement-breakpoint
CREATE INDEX "connector_versions_by_name" ON "connector_versions" USING btree ("environment","name","namespace");--> statement-breakpoint
UPDATE "connector_versions" SET
  "version_key" = lpad(split_part(split_part("version", '-', 1), '.', 1), 16, '0') || '.' || lpad(split_part(split_part("version", '-', 1), '.', 2), 16, '0') || '.' || lpad(split_part(split_part(split_part("version", '+', 1), '-', 1), '.', 3), 16, '0') || CASE WHEN position('-' in "version") > 0 THEN '-' || split_part("version", '-', 2) ELSE '~' END,
  "search" = setweight(to_tsvector('english', "name" || ' ' || translate("name", '-_.', '   ') || ' ' || "title"), 'A') || setweight(to_tsvector('english', array_to_string("tags", ' ')), 'B') || setweight(to_tsvector('english', coalesce("description", '')), 'C');--> statement-breakpoint
UPDATE "connector_namespaces" SET "skeleton" = "namespace" WHERE "skeleton" IS NULL;
