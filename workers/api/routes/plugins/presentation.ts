import { getIcon, getReadme } from "../../../services/connectors/presentation.ts";
import { ofVersion } from "./both-families.ts";

/** What strangers wrote: shown where it is opened, it can run nothing and load nothing. */
const HARMLESS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-site",
  "cache-control": "private, max-age=300",
} as const;

const about = {
  method: "get",
  tag: "connectors",
  scope: "connectors:read",
  refusals: ["NOT_FOUND"],
} as const;

export const readme = ofVersion(
  "/readme",
  {
    ...about,
    summary: "Get a version's readme",
    description: "Markdown in which HTML is escaped and links run nothing.",
    answers: { 200: { description: "The readme", texts: { "text/markdown": "Markdown" } } },
  },
  async (slug, version, { context }) => {
    const found = await getReadme(context, slug, version);
    if (!found.ok) return found;
    return { status: 200, text: found.value, headers: { ...HARMLESS, "content-type": "text/markdown; charset=utf-8" } };
  },
);

export const icon = ofVersion(
  "/icon",
  {
    ...about,
    summary: "Get a version's icon",
    description: "A picture of at most 24 KB, never SVG. An icon with an address of its own is NOT_FOUND here.",
    answers: {
      200: {
        description: "The picture",
        texts: {
          "image/png": "PNG",
          "image/jpeg": "JPEG",
          "image/gif": "GIF",
          "image/webp": "WebP",
          "image/avif": "AVIF",
        },
      },
    },
  },
  async (slug, version, { context }) => {
    const found = await getIcon(context, slug, version);
    if (!found.ok) return found;
    return new Response(found.value.bytes, { headers: { ...HARMLESS, "content-type": found.value.type } });
  },
);
