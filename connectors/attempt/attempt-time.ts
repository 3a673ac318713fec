/**
 * The time of one attempt. What a call left under way ends with the invocation that it belongs to, as soon as that has answered:
 * most calls need not be told to stop, and telling costs each of them. No request to a service leaves once the time is over.
 */
export class AttemptTime {
  #controller: AbortController | undefined;
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  /** Aborted when the time is over, where somebody asked for that. */
  get signal(): AbortSignal | undefined {
    return this.#controller?.signal;
  }

  /** Requests that begin from now on are told to stop: who holds a place has to give it back, and say what became of the call. */
  withSignal(): void {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort();
  }

  end(): void {
    this.#over = true;
    this.#controller?.abort();
  }
}
