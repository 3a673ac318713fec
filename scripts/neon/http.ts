import type { IncomingMessage, ServerResponse } from "node:http";
import { DatabaseError, type Query, type QueryResult, runQuery } from "./query.ts";
import { shapeResult } from "./shape-result.ts";
import type { Backend, Session } from "./session.ts";

const MAX_BODY_BYTES = 64 * 1024 * 1024;

const ISOLATION_LEVELS: Record<string, string> = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
};

/** A request that is not of the protocol; answered with 400 and its message. */
class ProtocolError extends Error {}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > MAX_BODY_BYTES) throw new ProtocolError("The body is larger than 64 MiB");
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new ProtocolError("The body is not JSON");
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseQuery(value: unknown): Query {
  if (!isRecord(value) || typeof value.query !== "string") throw new ProtocolError("A query needs the member `query`");
  const { query, params = [] } = value;
  if (!Array.isArray(params)) throw new ProtocolError("`params` must be a list");
  return { query, params };
}

function beginStatement(headers: IncomingMessage["headers"]): string {
  const words = ["begin"];
  const level = headers["neon-batch-isolation-level"];
  if (level !== undefined) {
    const sqlLevel = ISOLATION_LEVELS[String(level)];
    if (sqlLevel === undefined) throw new ProtocolError(`Unknown isolation level ${String(level)}`);
    words.push("isolation level", sqlLevel);
  }
  if (headers["neon-batch-read-only"] !== undefined) {
    words.push(headers["neon-batch-read-only"] === "true" ? "read only" : "read write");
  }
  if (headers["neon-batch-deferrable"] === "true") words.push("deferrable");
  return words.join(" ");
}

async function runBatch(session: Session, begin: string, queries: Query[]): Promise<{ results: QueryResult[] }> {
  const statement = (query: string): Promise<QueryResult> => runQuery(session, { query, params: [] });
  await statement(begin);
  try {
    const results: QueryResult[] = [];
    for (const query of queries) results.push(await runQuery(session, query));
    await statement("commit");
    return { results };
  } catch (error) {
    await statement("rollback");
    throw error;
  }
}

async function answerQuery(backend: Backend, request: IncomingMessage): Promise<unknown> {
  const body = await readJson(request);
  const batch = isRecord(body) && Array.isArray(body.queries) ? body.queries.map(parseQuery) : null;
  const single = batch === null ? parseQuery(body) : null;
  const begin = beginStatement(request.headers);
  const session = await backend.connect();
  try {
    if (single !== null) return shapeResult(await runQuery(session, single), request.headers);
    const { results } = await runBatch(session, begin, batch ?? []);
    return { results: results.map((result) => shapeResult(result, request.headers)) };
  } finally {
    await session.close();
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** `POST /sql`: one query, or several in one transaction. */
export async function handleHttp(backend: Backend, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST" || request.url !== "/sql") return send(response, 404, { message: "Not found" });
  // A page in a browser can post here too, but not with a header of its own choice: every driver sends this one.
  if (request.headers["neon-connection-string"] === undefined)
    return send(response, 403, { message: "The header Neon-Connection-String is missing" });
  try {
    send(response, 200, await answerQuery(backend, request));
  } catch (error) {
    if (error instanceof DatabaseError) return send(response, 400, error.fields);
    if (error instanceof ProtocolError) return send(response, 400, { message: error.message });
    send(response, 500, { message: error instanceof Error ? error.message : "The database failed" });
  }
}
