CREATE INDEX "usage_rollups_by_connector" ON "usage_rollups" USING btree ("environment","connector","period") WHERE granularity = 'day';
--> statement-breakpoint
UPDATE "connector_versions" AS "v" SET "version_key" =
  lpad("read"."parts"[1], 16, '0') || '.' || lpad("read"."parts"[2], 16, '0') || '.' || lpad("read"."parts"[3], 16, '0') ||
  CASE WHEN "read"."parts"[4] IS NULL THEN '~' ELSE '-' || (
    SELECT string_agg(CASE WHEN "word" ~ '^[0-9]+$' AND "word"::numeric < 9007199254740991 THEN '0' || lpad("word", 16, '0') ELSE '1' || "word" END, '!' ORDER BY "at")
    FROM unnest(string_to_array("read"."parts"[4], '.')) WITH ORDINALITY AS "words" ("word", "at")
  ) END
FROM (
  SELECT DISTINCT "version", regexp_match("version", '^([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$') AS "parts" FROM "connector_versions"
) AS "read"
WHERE "read"."version" = "v"."version" AND "read"."parts" IS NOT NULL;--> statement-breakpoint
UPDATE "connector_versions" AS "v" SET "search" =
  setweight(to_tsvector('english', left(concat_ws(' ', "v"."name", regexp_replace("v"."name", '[-_.]', ' ', 'g'), regexp_replace("v"."name", '[-_.]', '', 'g'), "m"."content"->>'displayName'), 20000)), 'A') ||
  setweight(to_tsvector('english', left(array_to_string("v"."tags", ' '), 20000)), 'B') ||
  setweight(to_tsvector('english', left(concat_ws(' ', "m"."content"->>'description', (
    SELECT string_agg(regexp_replace("action"->>'name', '[-_.]', ' ', 'g') || ' ' || coalesce("action"->>'description', ''), ' ' ORDER BY "at")
    FROM jsonb_array_elements("m"."content"->'actions') WITH ORDINALITY AS "actions" ("action", "at")
  )), 20000)), 'C') ||
  setweight(to_tsvector('english', left(coalesce("m"."content"->>'readme', ''), 20000)), 'D')
FROM (
  -- Escapes that jsonb refuses: U+0000 and halves of surrogate pairs.
  SELECT "tenant_id", "environment", "namespace", "name", "version",
    regexp_replace("manifest", '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1 ', 'g')::jsonb AS "content"
  FROM "connector_versions" WHERE "unpublished_at" IS NULL AND "manifest" <> ''
) AS "m"
WHERE "m"."tenant_id" = "v"."tenant_id" AND "m"."environment" = "v"."environment" AND "m"."namespace" = "v"."namespace"
  AND "m"."name" = "v"."name" AND "m"."version" = "v"."version";--> statement-breakpoint
UPDATE "connector_namespaces" SET "skeleton" = NULL;--> statement-breakpoint
UPDATE "connector_namespaces" AS "n" SET "skeleton" = "first"."look"
FROM (
  SELECT DISTINCT ON ("environment", "look") "environment", "look", "namespace" FROM (
    SELECT "environment", "namespace", "claimed_at", replace(translate(lower("namespace"), '01-_.', 'ol'), 'm', 'rn') AS "look" FROM "connector_namespaces"
  ) AS "looks" ORDER BY "environment", "look", "claimed_at", "namespace"
) AS "first"
WHERE "first"."environment" = "n"."environment" AND "first"."namespace" = "n"."namespace";--> statement-breakpoint
WITH RECURSIVE "plans" AS (
  SELECT "tenant_id", "environment", "slug", "version",
    regexp_replace("plan", '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1 ', 'g')::jsonb AS "plan"
  FROM "workflow_versions"
  UNION ALL
  SELECT "p"."tenant_id", "p"."environment", "p"."slug", "p"."version", "called"."value"
  FROM "plans" AS "p", jsonb_each(CASE jsonb_typeof("p"."plan"->'workflows') WHEN 'object' THEN "p"."plan"->'workflows' ELSE '{}' END) AS "called"
  WHERE jsonb_typeof("called"."value") = 'object'
)
INSERT INTO "connector_pins" ("tenant_id", "environment", "workflow_slug", "workflow_version", "namespace", "name", "version")
SELECT DISTINCT "p"."tenant_id", "p"."environment", "p"."slug", "p"."version", "pin"."value"->>'namespace', "pin"."value"->>'connector', "pin"."value"->>'version'
FROM "plans" AS "p", jsonb_each(CASE jsonb_typeof("p"."plan"->'pins') WHEN 'object' THEN "p"."plan"->'pins' ELSE '{}' END) AS "pin"
WHERE "pin"."value"->>'namespace' IS NOT NULL AND "pin"."value"->>'connector' IS NOT NULL AND "pin"."value"->>'version' IS NOT NULL
ON CONFLICT DO NOTHING;
