/** A local that begins with the value of the one it shadows: it may be read where its `set` was not reached. */
export interface Inherited {
  slot: number;
  from: number;
}

interface LocalScope {
  slots: Map<string, number>;
  inherited: Inherited[];
}

/** The local variables of a template, resolved to slots as Jinja scopes them: a `for` has a scope of its own, an `if` has none. */
export class Bindings {
  /** Slots in use; slots are never shared, so that no value leaks from one place to another. */
  count = 0;
  private readonly depths: number[] = [];
  private readonly scopes: LocalScope[] = [{ slots: new Map(), inherited: [] }];

  find(name: string): number | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i -= 1) {
      const slot = this.scopes[i]?.slots.get(name);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  /** Names in scope, for suggestions. */
  names(): string[] {
    return this.scopes.flatMap((scope) => [...scope.slots.keys()]);
  }

  enter(): void {
    this.scopes.push({ slots: new Map(), inherited: [] });
  }

  /** Ends the innermost scope (the outermost starts anew) and gives the locals it must initialise. */
  leave(): Inherited[] {
    const scope = this.scopes.pop();
    if (this.scopes.length === 0) this.enter();
    return scope?.inherited ?? [];
  }

  /** A local that is assigned whenever its scope runs. */
  declare(name: string): number {
    const slot = this.count;
    this.count += 1;
    this.depths.push(0);
    this.scopes.at(-1)?.slots.set(name, slot);
    return slot;
  }

  /** The local that a `set` assigns; `depth` is that of its value. */
  assign(name: string, depth: number): number {
    const scope = this.scopes.at(-1);
    const existing = scope?.slots.get(name);
    const outer = this.find(name);
    const slot = existing ?? this.declare(name);
    if (existing === undefined && outer !== undefined) scope?.inherited.push({ slot, from: outer });
    this.depths[slot] = Math.max(this.depths[slot] ?? 0, depth, outer === undefined ? 0 : this.depth(outer));
    return slot;
  }

  depth(slot: number): number {
    return this.depths[slot] ?? 0;
  }

  deepen(slot: number, depth: number): void {
    this.depths[slot] = depth;
  }
}
