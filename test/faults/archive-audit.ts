import type { Json } from "../../engine/json.ts";
import { type History, verifyHistory } from "../../receipts/verify-history.ts";
import { bucketKeys } from "./bucket-keys.ts";
import { type FaultWorld, pause } from "./fault-world.ts";

/** For so long the sweeper is waited for: where a test only waits, each of its rounds takes what the machine takes. */
const SWEPT_MS = 180_000;

/** What is wrong with archives and purges once all kills are over, and the sweeper was by as often as it takes. */
export async function archiveAudit(world: FaultWorld): Promise<string[]> {
  const wrong: string[] = [];
  const status = async (method: string, id: string): Promise<number> =>
    (await world.insist(() => world.send(method, `/workflows/executions/${id}`, undefined, world.short))).status;
  for (const [id, wasTold] of world.purged) {
    const found = await status("GET", id);
    if (found === 404) continue;
    if (wasTold || found !== 200) wrong.push(`${id} was purged, and is answered ${found}`);
    // Nobody had taken that one: it is whole, and goes now.
    else if ((await status("DELETE", id)) !== 200) wrong.push(`${id} cannot be purged`);
  }
  // What a kill cut off after the cell had taken it is ended by the sweeper, a minute after it was tried last.
  const inList = async (): Promise<string[]> => {
    const { body } = await world.insist(() =>
      world.send("GET", "/workflows/executions?limit=100", undefined, world.short),
    );
    const ids = body.data.map((one: { execution_id: string }) => one.execution_id);
    return ids.filter((id: string) => world.purged.has(id));
  };
  for (const until = Date.now() + SWEPT_MS; Date.now() < until && (await inList()).length > 0; ) {
    await world.platform.sweep();
    await pause(2_000);
  }
  for (const id of world.purged.keys()) {
    const path = `/workflows/executions/${id}/purge`;
    const receipt = await world.insist(() => world.send("GET", path, undefined, world.short));
    const left = Object.values(receipt.body.left ?? { receipt: receipt.status });
    if (left.some((count) => count !== 0)) wrong.push(`of ${id} is left: ${JSON.stringify(receipt.body)}`);
    if (!(receipt.body.removed?.coordinator_rows > 0))
      wrong.push(`of ${id} nothing was removed: ${JSON.stringify(receipt.body)}`);
  }
  const ids = [...world.begun].filter(([, { owner }]) => owner === world.short);
  const wanted = ids.flatMap(([id, { workflow }]) => (workflow === "much" ? [id, id] : [id])).sort();
  const lying = () =>
    bucketKeys(world.platform.dataDir)
      .filter((key) => key.includes(world.short.tenantId))
      .map((key) => key.split("/")[3] ?? key)
      .sort();
  for (const until = Date.now() + SWEPT_MS; Date.now() < until && lying().join() !== wanted.join(); ) {
    await world.platform.sweep();
    await pause(250);
  }
  // A log for each, and one large output of those that have one: no more, no less.
  const found = lying();
  for (const id of new Set([...found, ...wanted])) {
    const [is, should] = [found, wanted].map((all) => all.filter((it) => it === id).length);
    if (is !== should)
      wrong.push(`${is} objects of ${id} are in the bucket, and should be ${should}: ${world.begun.get(id)?.fault}`);
  }
  for (const id of await inList()) wrong.push(`${id} was purged, and is in the list`);
  const { body: keys } = await world.insist(() => world.send("GET", "/.well-known/receipt-keys.json"));
  for (const [id] of ids) {
    const checked = await verifyHistory(await historyOf(world, id), keys as Json);
    if (!checked.ok) wrong.push(`the history of ${id} does not verify: ${JSON.stringify(checked)}`);
  }
  return wrong;
}

async function historyOf(world: FaultWorld, id: string): Promise<History> {
  const page = async (after: number) =>
    (
      await world.insist(() =>
        world.send("GET", `/workflows/executions/${id}/history?after=${after}`, undefined, world.short),
      )
    ).body as History & { has_more: boolean; last: number };
  let history = await page(0);
  while (history.has_more) {
    const next = await page(history.last);
    history = { ...next, data: [...history.data, ...next.data] };
  }
  return history;
}
