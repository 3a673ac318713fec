import { expect, test } from "vitest";
import type { StartAnswer } from "../../contracts/rpc.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { chance } from "../tenant/simulated-tenant.ts";
import { SimulatedObject, START, unlimitedLeases } from "./simulated-object.ts";
import { startOf, WAITING, type Waiting, waitingAnswer } from "./waiting-workflows.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 100);
const CELLS = ["s0", "s1", "s2"];

/** A bucket that moved twice today: what an edge with each of the three maps says of a start. */
const VIEWS = [
  { cell: "s0", former: [] },
  { cell: "s1", former: ["s0"] },
  { cell: "s2", former: ["s1", "s0"] },
];

async function play(seed: number, workflow: Waiting): Promise<string[]> {
  const random = chance(seed);
  const clock = new VirtualClock(START);
  const often = random() * 0.06;
  const wrong: string[] = [];
  const cells = new Map<string, SimulatedObject>();
  const pause = (atMost: number): Promise<void> =>
    new Promise((resolve) => clock.at(clock.now() + Math.floor(random() * atMost), resolve));
  const cellOf = (name: string): SimulatedObject => {
    const cell = cells.get(name);
    if (!cell) throw new Error(`there is no cell ${name}`);
    return cell;
  };
  for (const name of CELLS) {
    const object: SimulatedObject = new SimulatedObject(
      {
        kill: () => object.kills < 6 && random() < often,
        plugin: (call) => waitingAnswer(call, seed),
        hint: () => undefined,
        tenant: {
          acquireSlot: async () => ({ kind: "granted" }),
          releaseSlot: async () => undefined,
          slotPosition: async () => null,
          awaitEvent: async () => null,
          forgetWait: async () => undefined,
          askLeases: async (question) => {
            await pause(80);
            return unlimitedLeases(question);
          },
        },
        report: () => undefined,
        claimKey: async (other, key) => {
          if (random() < 0.5) await pause(30);
          const answer = await cellOf(other).ask((cell) => cell.claimKey(key, name, other));
          if (random() < 0.5) await pause(30);
          if (answer === undefined) throw new Error("the other cell was killed");
          return answer;
        },
      },
      clock,
    );
    cells.set(name, object);
  }
  const ids: string[] = [];
  /** A client that repeats its start until it is accepted, at whatever edge it meets. */
  const client = async (number: number): Promise<void> => {
    for (let tried = 0; tried < 60; tried += 1) {
      await pause(60);
      const view = VIEWS[Math.floor(random() * VIEWS.length)];
      let target = view?.cell ?? "";
      let former = view?.former ?? [];
      for (let hops = 0; hops < 5; hops += 1) {
        const command = { ...startOf(workflow, `exec_${number}_${tried}_${target}`, "the key", START), former };
        const answer: StartAnswer | undefined = await cellOf(target)
          .ask((cell) => cell.start(command))
          .catch(() => undefined);
        if (answer?.kind === "accepted") return void ids.push(answer.executionId);
        if (answer?.kind !== "elsewhere") break;
        target = answer.cell;
        former = former.filter((it) => it !== target);
      }
    }
    wrong.push(`client ${number} was never answered`);
  };
  let over = false;
  void Promise.all([0, 1, 2, 3].map(client)).then(() => {
    over = true;
  });
  for (let steps = 0; !over && steps < 20_000; steps += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.fireNext();
  }
  if (!over) wrong.push("the clients wait for ever");
  const begun = [...cells].flatMap(([name, { database }]) =>
    database
      .prepare("SELECT name FROM sqlite_master WHERE name = 'executions'")
      .all()
      .flatMap(() => database.prepare("SELECT id FROM executions WHERE parent IS NULL").all())
      .map(({ id }) => `${name} ${String(id)}`),
  );
  if (begun.length !== 1) wrong.push(`one key, and ${begun.length} executions: ${begun.join(", ")}`);
  if (new Set(ids).size !== 1) wrong.push(`answers name ${[...new Set(ids)].join(", ")}`);
  return wrong;
}

test(`${SCHEDULES} schedules: a key whose bucket moves twice begins one execution, by whatever maps its starts are placed`, async () => {
  const [workflow] = WAITING;
  if (!workflow) throw new Error("there is no workflow");
  for (let seed = 1; seed <= SCHEDULES; seed += 1) expect(await play(seed, workflow), `seed ${seed}`).toEqual([]);
}, 60_000);
