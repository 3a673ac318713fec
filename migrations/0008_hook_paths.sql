-- Of webhooks that got the same path at the same moment, the oldest keeps it; the others are switched off, and show it.
UPDATE "triggers" SET "hook_path" = NULL, "enabled" = false, "dirty" = true, "revision" = "revision" + 1
WHERE NOT "deleted" AND EXISTS (
  SELECT 1 FROM "triggers" AS "older"
  WHERE NOT "older"."deleted" AND "older"."tenant_id" = "triggers"."tenant_id" AND "older"."environment" = "triggers"."environment"
    AND "older"."hook_path" = "triggers"."hook_path" AND ("older"."created_at", "older"."id") < ("triggers"."created_at", "triggers"."id")
);--> statement-breakpoint
DROP INDEX "triggers_hook";--> statement-breakpoint
CREATE UNIQUE INDEX "triggers_hook_path" ON "triggers" USING btree ("tenant_id","environment","hook_path") WHERE not deleted;
