import { type BudgetNode, type Spending, spendingOf, spentInTree, spentWith } from "../../engine/driver/tree-budget.ts";
import type { Budget } from "../../engine/plan/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { Spent, SpentBudget } from "../../engine/run/types.ts";
import type { StoredHead } from "./execution-head.ts";
import type { Resident } from "./resident.ts";

interface TreeBudgetDeps {
  /** The execution, if it is in memory. */
  here(executionId: string): Resident | undefined;
  /** Folds one as the disk has it; of what is large, the shape is enough. */
  read(executionId: string): { head: StoredHead; state: RunState } | null;
}

/** What is known of an execution that is not in memory: it changes only when it comes back, and is forgotten then. */
interface Known {
  /** Executions whose ends its open steps wait for. */
  started: readonly string[];
  parent: string | undefined;
  spending: Spending;
  budget: Budget;
  raised: ReadonlySet<string>;
}

/** About 15 MB; the oldest is forgotten first. */
const MOST_KNOWN = 50_000;

/** Budgets of executions that start each other: what runs at the same time counts together (`spentInTree`). */
export class TreeBudgets {
  readonly #deps: TreeBudgetDeps;
  readonly #known = new Map<string, Known>();

  constructor(deps: TreeBudgetDeps) {
    this.#deps = deps;
  }

  /** The budget that keeps an execution from dispatching more, if there is one. */
  spent(resident: Resident, kind: "step" | "again"): SpentBudget | undefined {
    // Of one that is alone, the engine knows all there is.
    if (!resident.head.parent && resident.started.size === 0) return undefined;
    return spentInTree(this.#live(resident), kind);
  }

  /** What an execution that is given up has spent, with all below it. */
  spentBy(executionId: string): Spent | undefined {
    const node = this.#node(executionId);
    return node && spentWith(node);
  }

  /** It is in memory from now on. */
  forget(executionId: string): void {
    this.#known.delete(executionId);
  }

  #live(resident: Resident): BudgetNode {
    const { head, driver, started } = resident;
    const { state } = driver;
    return {
      id: head.executionId,
      spending: spendingOf(state),
      budget: state.budget,
      raised: state.raised,
      above: () => head.parent && this.#node(head.parent.executionId),
      below: () =>
        [...started].flatMap(([executionId, { path, attempt }]) => {
          const step = state.open.get(path);
          if (step?.attempt === attempt && step.status === "running") return this.#node(executionId) ?? [];
          started.delete(executionId);
          this.#known.delete(executionId);
          return [];
        }),
    };
  }

  #node(executionId: string): BudgetNode | undefined {
    const resident = this.#deps.here(executionId);
    if (resident) return this.#live(resident);
    const known = this.#read(executionId);
    return (
      known && {
        id: executionId,
        ...known,
        above: () => (known.parent === undefined ? undefined : this.#node(known.parent)),
        below: () => known.started.flatMap((id) => this.#node(id) ?? []),
      }
    );
  }

  /** One that cannot be folded counts as nothing: whoever brings it back says why, and it must keep nobody from being ended. */
  #stored(executionId: string): ReturnType<TreeBudgetDeps["read"]> {
    try {
      return this.#deps.read(executionId);
    } catch {
      return null;
    }
  }

  #read(executionId: string): Known | undefined {
    const before = this.#known.get(executionId);
    if (before) return before;
    const stored = this.#stored(executionId);
    if (!stored) return undefined;
    const { head, state } = stored;
    const known: Known = {
      started: [...state.open.values()].flatMap(({ child, status }) => (child && status === "running" ? [child] : [])),
      parent: head.parent?.executionId,
      spending: spendingOf(state),
      budget: state.budget,
      raised: state.raised,
    };
    const [oldest] = this.#known.size >= MOST_KNOWN ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(executionId, known);
    return known;
  }
}
