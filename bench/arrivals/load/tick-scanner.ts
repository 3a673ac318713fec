const FRAME_END = "\n\n";
const TICK = /^event: signal\.received$/m;
const NUMBER = /"tick":(\d+)/;

/**
 * Reads as much of a stream of Server-Sent Events as the benchmark needs: the numbers in the payloads of its `signal.received`
 * events, as soon as their frames are whole.
 */
export class TickScanner {
  #rest = "";

  take(text: string): number[] {
    const frames = (this.#rest + text).split(FRAME_END);
    this.#rest = frames.pop() ?? "";
    const ticks: number[] = [];
    for (const frame of frames) {
      if (!TICK.test(frame)) continue;
      const number = NUMBER.exec(frame)?.[1];
      if (number === undefined) throw new Error(`a tick without its number: ${frame}`);
      ticks.push(Number(number));
    }
    return ticks;
  }
}
