import type { JsonObject } from "../../engine/json.ts";
import { serviceManifest } from "./http-manifest.ts";
import { boolean, integer, list, map, object, oneOf, string } from "./schema-terms.ts";

const bucket = string("Name of the bucket", { minLength: 3, maxLength: 63 });
const key = string("Key of the object, such as reports/2026/11.csv", { minLength: 1, maxLength: 1_024 });
const place: Record<string, JsonObject> = { bucket, key };
const encoding = oneOf("Text, or bytes as base64", ["text", "base64"], { default: "text" });
const maybe = (description: string): JsonObject => ({ description, type: ["string", "null"] });

/** `community/s3`: object storage behind Amazon's interface, requests signed by AWS Signature Version 4. */
export const s3 = serviceManifest(
  {
    name: "s3",
    displayName: "S3-compatible storage",
    description: "Objects of Amazon S3, Cloudflare R2, MinIO and everything else that speaks S3",
    categories: ["storage"],
    homepage: "https://docs.aws.amazon.com/AmazonS3/latest/API/",
    auth: { type: "AWS_SIGV4", options: { service: "s3" } },
  },
  [
    {
      name: "get_object",
      description: "An object, up to 6 MiB",
      input: object({ ...place, "encoding?": encoding }),
      output: object({
        body: string("The content"),
        content_type: maybe("Its content type"),
        etag: maybe("Its version's mark"),
        last_modified: maybe("When it was written"),
      }),
      idempotent: true,
      call: "s3.get_object",
    },
    {
      name: "put_object",
      description: "Writes an object, in place of one that is there",
      input: object({
        ...place,
        body: string("The content"),
        "encoding?": encoding,
        "content_type?": string("Its content type", { default: "application/octet-stream", minLength: 1 }),
        "metadata?": map("Marks of your own", { additionalProperties: { type: "string" } }),
      }),
      output: object({
        etag: maybe("Its version's mark"),
        version_id: maybe("Its version, where the bucket keeps them"),
      }),
      idempotent: true,
      call: "s3.put_object",
    },
    {
      name: "delete_object",
      description: "Removes an object; one that is not there is no error",
      input: object(place),
      output: object({ deleted: boolean("true") }),
      idempotent: true,
      call: "s3.delete_object",
    },
    {
      name: "list_objects",
      description: "A page of a bucket's objects, in the order of their keys",
      input: object({
        bucket,
        "prefix?": string("How their keys begin"),
        "delimiter?": string("Keys are cut after it: / gives folders"),
        "start_after?": string("Only keys after this one"),
        "max_keys?": integer("How many at most", { default: 1_000, minimum: 1, maximum: 1_000 }),
        "continuation_token?": string("`next_token` of the page before"),
      }),
      output: object({
        objects: list(
          "The objects",
          object({
            key: string("Its key"),
            size: integer("Bytes"),
            etag: maybe("Its version's mark"),
            last_modified: maybe("When it was written"),
            storage_class: maybe("How it is kept"),
          }),
        ),
        prefixes: list("What `delimiter` has cut off", { type: "string" }),
        truncated: boolean("Whether there are more"),
        next_token: maybe("For the next page"),
      }),
      idempotent: true,
      call: "s3.list_objects",
    },
    {
      name: "presign",
      description: "A URL with which whoever has it may read or write one object for a while",
      input: object({
        ...place,
        "method?": oneOf("What it allows", ["GET", "PUT"], { default: "GET" }),
        "expires_in_seconds?": integer("How long it is good", { default: 900, minimum: 1, maximum: 604_800 }),
      }),
      output: object({ url: string("The URL"), expires_at: string("Until when, ISO 8601") }),
      idempotent: true,
      call: "s3.presign",
    },
  ],
);
