import {
  Client,
  type JsonSchemaValidator,
  type jsonSchemaValidator,
  ProtocolError,
  SdkHttpError,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { type KnownServer, KnownServers, type Session } from "./known-servers.ts";

export interface ClientOptions {
  url: string;
  headers: Headers;
  /** Ms for each request; the caller's own signal ends what takes longer. */
  timeoutMs: number;
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** For the end of sessions, which nobody waits for. */
  background(task: Promise<unknown>): void;
  /** Who calls what, in all that matters: what is known of the server is used for the same alone. Absent: nothing is remembered. */
  caller?: string;
  /** A handshake begins: nothing was called yet, or nothing that the server took. */
  onHandshake?(): void;
}

/** Schemas are checked by our own bounded checker: the SDK's would compile what a server sends. */
const TRUSTING: jsonSchemaValidator = {
  getValidator: trusting,
};

function trusting<T>(): JsonSchemaValidator<T> {
  return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
}

/* Of this isolate. */
const servers = new KnownServers(Date.now);

/** Statuses by which a server says that it does not know a session, or not without a handshake; it has done nothing then. */
const UNKNOWN_SESSION: readonly number[] = [400, 404];
/** The same in words: invalid request, no such method, no such version. */
const UNKNOWN_TALK: readonly number[] = [-32600, -32601, -32022];

/**
 * A client of an MCP server over streamable HTTP, for one piece of work. What a former call learned of the server saves the handshake;
 * where the server has forgotten it, the work is done again after a new one.
 */
export async function withClient<T>(options: ClientOptions, work: (client: Client) => Promise<T>): Promise<T> {
  const { caller } = options;
  const known = caller === undefined ? undefined : servers.take(caller);
  if (caller === undefined || known === undefined) return speak(options, undefined, work);
  try {
    return await speak(options, known, work);
  } catch (error) {
    if (!hasForgotten(error)) throw error;
    servers.forget(caller);
    return speak(options, known.kind === "modern" ? undefined : "legacy", work);
  }
}

function hasForgotten(error: unknown): boolean {
  if (SdkHttpError.isInstance(error)) return UNKNOWN_SESSION.includes(error.status);
  return ProtocolError.isInstance(error) && UNKNOWN_TALK.includes(error.code);
}

async function speak<T>(
  options: ClientOptions,
  known: KnownServer | "legacy" | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { caller } = options;
  const transport = transportTo(options, typeof known === "object" ? known : undefined);
  const client = new Client(
    { name: "smartify-cloud", version: "1.0.0" },
    { capabilities: {}, jsonSchemaValidator: TRUSTING, versionNegotiation: { mode: "auto" }, listMaxPages: 50 },
  );
  let usable = false;
  try {
    await connect(client, transport, known, options);
    const result = await work(client);
    usable = true;
    return result;
  } catch (error) {
    // An answer of the server's: the session is as good as before.
    usable = ProtocolError.isInstance(error);
    throw error;
  } finally {
    const talk = talkOf(client, transport, known);
    if (usable && talk && caller !== undefined) keep(options, caller, talk);
    else if (talk?.kind === "session") options.background(endSession(options, talk));
    await client.close().catch(() => undefined);
  }
}

function transportTo(options: ClientOptions, known: KnownServer | undefined): StreamableHTTPClientTransport {
  // The SDK takes up again what has a session id; an empty one is sent to nobody.
  const session = known?.kind === "session" ? known.id : known?.kind === "sessionless" ? "" : undefined;
  return new StreamableHTTPClientTransport(new URL(options.url), {
    fetch: options.fetch,
    requestInit: { headers: options.headers },
    ...(session === undefined ? {} : { sessionId: session }),
    ...(known && "version" in known ? { protocolVersion: known.version } : {}),
    reconnectionOptions: {
      initialReconnectionDelay: 1,
      maxReconnectionDelay: 1,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 0,
    },
  });
}

async function connect(
  client: Client,
  transport: StreamableHTTPClientTransport,
  known: KnownServer | "legacy" | undefined,
  { timeoutMs: timeout, onHandshake }: ClientOptions,
): Promise<void> {
  if (known === undefined || known === "legacy") {
    onHandshake?.();
    return client.connect(transport, known === undefined ? { timeout } : { timeout, prior: { kind: "legacy" } });
  }
  if (known.kind === "modern")
    return client.connect(transport, { timeout, prior: { kind: "modern", discover: known.discover } });
  if (known.kind === "session") numberFrom(client, known.nextId);
  return client.connect(transport, { timeout, prior: { kind: "legacy" } });
}

/** What the next call may know of the server; undefined before the handshake. */
function talkOf(
  client: Client,
  transport: StreamableHTTPClientTransport,
  known: KnownServer | "legacy" | undefined,
): KnownServer | undefined {
  if (typeof known === "object") return known.kind === "session" ? { ...known, nextId: nextNumber(client) } : known;
  const version = client.getNegotiatedProtocolVersion();
  if (version === undefined) return undefined;
  const discover = client.getDiscoverResult();
  if (client.getProtocolEra() === "modern") return discover && { kind: "modern", discover };
  const id = transport.sessionId;
  if (id === undefined || id === "") return { kind: "sessionless", version };
  return { kind: "session", id, version, nextId: nextNumber(client) };
}

function keep(options: ClientOptions, caller: string, talk: KnownServer): void {
  const spare = servers.put(caller, talk);
  if (spare) options.background(endSession(options, spare));
  if (talk.kind !== "session") return;
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  options.background(servers.endIdle(caller, (session) => endSession(options, session), wait));
}

async function endSession(options: ClientOptions, session: Session): Promise<void> {
  const transport = transportTo(options, session);
  await transport.start();
  await transport.terminateSession().catch(() => undefined);
  await transport.close().catch(() => undefined);
}

/** Where the SDK keeps the id of its next request: each client begins at 0, but ids may not come twice in a session. */
const COUNTER = "_requestMessageId";

function nextNumber(client: Client): number {
  const next: unknown = Reflect.get(client, COUNTER);
  if (typeof next !== "number") throw new Error("the SDK numbers its requests otherwise");
  return next;
}

function numberFrom(client: Client, next: number): void {
  nextNumber(client);
  Reflect.set(client, COUNTER, next);
}
