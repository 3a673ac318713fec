import type { Plan } from "../../engine/plan/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import { difference } from "./same.ts";
import { must } from "./violation.ts";

interface Letter {
  tick: boolean;
  /** Known where it came from outside. */
  payload?: unknown;
}

/** Mailboxes and kept events, followed by the events of the run alone: nothing is lost, nothing comes twice. */
export class MailModel {
  readonly #plan: Plan;
  readonly #boxes = new Map<string, Letter[]>();
  /** Full mailboxes that a node's last output waits for. */
  readonly #held = new Map<string, string[]>();
  readonly #kept = new Map<number, string>();
  readonly #ids = new Set<string>();
  #messages = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const id of plan.graph?.nodes.keys() ?? []) {
      this.#boxes.set(id, []);
      this.#held.set(id, []);
    }
  }

  observe(event: StampedEvent): void {
    switch (event.type) {
      case "message.accepted": {
        const { node, from, tick = false, payload } = event;
        this.#once(event.id);
        if (from !== undefined && from !== "") this.#deliver(from, node);
        this.#box(node).push(from === undefined ? { tick, payload: payload ?? null } : { tick });
        if (!tick) this.#messages += 1;
        const size = this.#plan.graph?.longRunning ? (this.#plan.graph.mailboxes.get(node)?.size ?? 0) : 1;
        must(this.#box(node).length <= size, () => `the mailbox of ${node} holds more than ${size}`);
        return;
      }
      case "message.dropped":
        if (event.reason === "oldest") must(this.#box(event.node).shift() !== undefined, () => "nothing to drop");
        return;
      case "message.held":
        this.#heldBy(event.from).push(event.node);
        return;
      case "node.idle": {
        const edges = this.#plan.graph?.edges.get(nodeOf(event.path)) ?? [];
        must(
          edges.every(({ when }) => when !== undefined),
          () => `the output of ${event.path} goes nowhere`,
        );
        return;
      }
      case "signal.received":
        this.#once(event.id);
        this.#kept.set(event.seq, event.name);
        return;
      case "step.completed":
      case "step.failed":
        if (event.signal !== undefined)
          must(
            this.#kept.delete(event.signal),
            () => `${event.path} takes the event ${event.signal} that nobody keeps`,
          );
        return;
      default:
    }
  }

  /** A visit takes the oldest message. Answers whether it counts: those of `every` do not. */
  visit(path: string, state: RunState): boolean {
    const letter = this.#box(nodeOf(path)).shift();
    must(letter !== undefined, () => `${path} is a visit without a message`);
    const message = state.instances.get(path)?.message;
    if (letter.payload !== undefined && message !== undefined) {
      const differs = difference(letter.payload, message);
      must(differs === undefined, () => `${path} got another message than the oldest: ${differs}`);
    }
    return !letter.tick;
  }

  compare(state: RunState): void {
    const kept = state.signals.map(({ seq }) => seq).join(" ");
    must(kept === [...this.#kept.keys()].join(" "), () => `kept are ${[...this.#kept.keys()].join(" ")}, not ${kept}`);
    if (!state.graph) return;
    must(state.graph.messages === this.#messages, () => `${this.#messages} messages, not ${state.graph?.messages}`);
    for (const [id, node] of state.graph.nodes) {
      const { length } = this.#box(id);
      must(node.mailbox.length === length, () => `${id} has ${node.mailbox.length} messages instead of ${length}`);
      const held = node.held
        .map(({ to }) => to)
        .sort()
        .join(" ");
      must(held === [...this.#heldOf(id)].sort().join(" "), () => `${id} holds messages for ${held}`);
    }
  }

  #once(id: string | undefined): void {
    if (id === undefined) return;
    must(!this.#ids.has(id), () => `the id ${id} was taken twice`);
    this.#ids.add(id);
  }

  #deliver(from: string, to: string): void {
    const held = this.#heldBy(from);
    const at = held.indexOf(to);
    if (at >= 0) held.splice(at, 1);
  }

  #heldBy(from: string): string[] {
    return this.#heldOf(nodeOf(from));
  }

  #heldOf(id: string): string[] {
    const held = this.#held.get(id);
    must(held !== undefined, () => `there is no node ${id}`);
    return held;
  }

  #box(id: string): Letter[] {
    const box = this.#boxes.get(id);
    must(box !== undefined, () => `there is no node ${id}`);
    return box;
  }
}

function nodeOf(path: string): string {
  return /^[^.[@~]*/.exec(path)?.[0] ?? path;
}
