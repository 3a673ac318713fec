import type { SqlValue } from "../sqlite-migrations.ts";

/*
 * An archived execution: lines of JSON, gzipped. First what it is, then the plans that it was lived with, its row, the rows of its log and
 * what is kept of the chain over that, each with the columns that it has. Rows come back as they went, whatever columns they get later.
 */
const FORMAT = 1;

export type Row = Record<string, SqlValue>;

export type ArchiveLine =
  | { plan: string; source: string }
  | { row: Row }
  | { log: Row }
  | { link: Row }
  | { large: Row };

/** Bytes of a column, in JSON. */
interface Bytes {
  bytes: number[];
}

type Line = ArchiveLine | { archive: number; execution: string };

/** Compresses the lines as they come: a long log is never whole in memory. Equal lines give equal bytes. */
export async function packArchive(execution: string, lines: Iterable<ArchiveLine>): Promise<Uint8Array<ArrayBuffer>> {
  const gzip = new CompressionStream("gzip");
  const packed = new Response(gzip.readable).arrayBuffer();
  const writer = gzip.writable.getWriter();
  const encoder = new TextEncoder();
  const write = (line: Line) => writer.write(encoder.encode(`${JSON.stringify(line, writable)}\n`));
  try {
    await write({ archive: FORMAT, execution });
    for (const line of lines) await write(line);
    await writer.close();
  } catch (error) {
    await Promise.allSettled([writer.abort(error), packed]);
    throw error;
  }
  return new Uint8Array(await packed);
}

/** The lines that `packArchive` packed of this execution, as they are unpacked: never all of them at once. Throws for anything else. */
export async function* unpackArchive(
  bytes: Uint8Array<ArrayBuffer>,
  execution: string,
): AsyncGenerator<ArchiveLine, void, undefined> {
  let isFirst = true;
  for await (const text of textLines(bytes)) {
    const line = JSON.parse(text, readable) as Line;
    if (isFirst) {
      if (!("archive" in line) || line.archive !== FORMAT)
        throw new Error("it is not an archive that this version knows");
      if (line.execution !== execution) throw new Error("it is another execution");
      isFirst = false;
    } else if (!("archive" in line)) {
      yield line;
    }
  }
  if (isFirst) throw new Error("it is empty");
}

async function* textLines(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<string, void, undefined> {
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = unpacked.getReader();
  const decoder = new TextDecoder();
  let parts: string[] = [];
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const [begun = "", ...others] = decoder.decode(read.value, { stream: true }).split("\n");
      parts.push(begun);
      for (const other of others) {
        yield parts.join("");
        parts = [other];
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (parts.join("") !== "") throw new Error("its last line is not whole");
}

function writable(_name: string, value: unknown): unknown {
  return value instanceof ArrayBuffer ? ({ bytes: [...new Uint8Array(value)] } satisfies Bytes) : value;
}

/** No other value of a line is an object that has bytes: texts of JSON stay texts. */
function readable(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("bytes" in value) || !Array.isArray(value.bytes)) return value;
  return Uint8Array.from(value.bytes).buffer;
}
