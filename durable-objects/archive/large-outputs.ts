import type { RunError } from "../../engine/errors.ts";
import { INLINE_BYTES, isLarge } from "../../engine/run/payload-limit.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import { LargeIndex } from "./large-index.ts";
import { type LargeOutput, LargeTable } from "./large-table.ts";
import type { ObjectStore } from "./object-store.ts";
import { sha256Hex } from "./sha256-hex.ts";

/** Of one execution, all large outputs together: its record has them twice, perhaps, and passes one RPC of 32 MiB. */
export const MOST_LARGE_BYTES = 12_582_912;

interface LargeOutputsDeps {
  storage: Pick<CellStorage, "read" | "write">;
  objects?: ObjectStore;
  objectsPrefix?: string;
  report(message: string, error: unknown): void;
}

/** Who gave a result. */
interface Holder {
  head: { executionId: string };
  large?: LargeIndex;
}

/** The step that gave a result, and whether that is waited for still. */
export interface Giver {
  path: string;
  isAwaited(): boolean;
}

/** Outputs over the inline limit go to the object storage before anybody counts on them. */
export class LargeOutputs {
  readonly #deps: LargeOutputsDeps;

  constructor(deps: LargeOutputsDeps) {
    this.#deps = deps;
  }

  /** The result, when what it gives is stored or need not be; else why it cannot be kept. */
  async keep(holder: Holder, giver: Giver, result: ActionResult): Promise<ActionResult> {
    if (!result.ok || !giver.isAwaited() || !isLarge(result.output)) return result;
    holder.large ??= new LargeIndex();
    const { large } = holder;
    large.awaited += 1;
    try {
      return await this.#store(holder.head.executionId, large, giver, result);
    } finally {
      large.awaited -= 1;
    }
  }

  async #store(
    executionId: string,
    large: LargeIndex,
    giver: Giver,
    result: Extract<ActionResult, { ok: true }>,
  ): Promise<ActionResult> {
    const { objects, report } = this.#deps;
    const { usage } = result;
    const json = JSON.stringify(result.output);
    const data = Uint8Array.from(new TextEncoder().encode(json));
    if (!objects) return { ok: false, permanent: true, error: tooLarge(INLINE_BYTES), usage };
    const sha256 = await sha256Hex(data);
    globalThis.faultPoint?.("large.before");
    const output = { sha256, bytes: data.length };
    // The execution may be over, and archived or purged: nothing of it is to be written any more.
    if (!giver.isAwaited()) return result;
    // Before the put: others that come meanwhile must find the room taken.
    const coming = { ...output, path: giver.path };
    if (!large.reserve(coming, MOST_LARGE_BYTES))
      return { ok: false, permanent: true, error: tooLarge(MOST_LARGE_BYTES), usage };
    try {
      if (large.known(output.sha256) === undefined) await this.#put(objects, executionId, output, data);
    } catch (error) {
      report("a large output could not be stored", error);
      const message =
        "The step has given its output, which is too large to be kept inline, and the object storage did not take it";
      return { ok: false, outcomeUnknown: true, error: { code: "UNAVAILABLE", message }, usage };
    } finally {
      large.release(coming);
    }
    if (!giver.isAwaited()) return result;
    if (large.known(output.sha256) === undefined) {
      large.add({ ...output, value: result.output });
      large.fresh.push({ ...output, json });
    }
    large.hold(giver.path, output.bytes);
    // Equal ones are in memory once.
    return { ...result, output: large.known(output.sha256) ?? result.output };
  }

  async #put(
    objects: ObjectStore,
    executionId: string,
    output: LargeOutput,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    // What a kill leaves there is found again.
    new LargeTable(this.#deps.storage).intend(executionId, output);
    const key = `${this.#deps.objectsPrefix ?? ""}${executionId}/outputs/${output.sha256}`;
    globalThis.faultPoint?.("large.intended");
    await objects.put(key, data, output.sha256);
    globalThis.faultPoint?.("large.put");
  }
}

function tooLarge(max: number): RunError {
  const beside = max === INLINE_BYTES ? "" : ", with the large outputs of the execution's other steps,";
  return {
    code: "PAYLOAD_TOO_LARGE",
    message: `The step's output${beside} is larger than ${max} bytes`,
    details: { limit: max === INLINE_BYTES ? "payload_bytes" : "large_output_bytes", max },
  };
}
