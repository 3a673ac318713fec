const MEDIA_TYPES: Readonly<Record<string, "yaml" | "json">> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/x-yaml": "yaml",
  "text/yaml": "yaml",
  "text/x-yaml": "yaml",
};

/** Which form of a document an Accept header prefers; undefined where it leaves the choice. */
export function wantedFormat(accept: string | undefined): "yaml" | "json" | undefined {
  const ranges = (accept ?? "*/*")
    .toLowerCase()
    .split(",")
    .map((range) => {
      const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
      const quality = parameters.find((it) => it.startsWith("q="));
      return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
    });
  const acceptable = ranges.filter(
    ({ type, quality }) => quality > 0 && (Object.hasOwn(MEDIA_TYPES, type) || type === "*/*"),
  );
  const best = acceptable.sort((a, b) => b.quality - a.quality)[0];
  return best && MEDIA_TYPES[best.type];
}
