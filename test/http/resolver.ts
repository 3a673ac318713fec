import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a name answers, one answer for each time that it is asked; the last goes on. */
export type Answers = Record<string, { A?: string[][]; AAAA?: string[][]; ttl?: number; status?: number }>;

/** A DNS-over-HTTPS resolver (`application/dns-json`) that lies as a test wants. */
export interface FakeResolver {
  url: string;
  /** `name TYPE`, in the order in which they were asked. */
  asked: string[];
  /** Begins anew with these. */
  answer(answers: Answers): void;
  close(): Promise<void>;
}

const CODES: Record<string, number> = { A: 1, AAAA: 28 };

export async function startResolver(first: Answers): Promise<FakeResolver> {
  let answers = first;
  const asked: string[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://resolver");
    const name = searchParams.get("name") ?? "";
    const type = searchParams.get("type") === "AAAA" ? "AAAA" : "A";
    const key = `${name} ${type}`;
    asked.push(key);
    const known = answers[name];
    const turn = counts.get(key) ?? 0;
    counts.set(key, turn + 1);
    const rows = known?.[type] ?? [];
    const data = rows[Math.min(turn, rows.length - 1)] ?? [];
    const Answer = data.map((address) => ({ name, type: CODES[type], TTL: known?.ttl ?? 300, data: address }));
    const body = { Status: known === undefined ? 3 : (known.status ?? 0), Answer };
    response.writeHead(200, { "content-type": "application/dns-json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`,
    asked,
    answer(next) {
      answers = next;
      counts.clear();
      asked.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
