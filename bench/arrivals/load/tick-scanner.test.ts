import { expect, test } from "vitest";
import { TickScanner } from "./tick-scanner.ts";

const tick = (number: number): string =>
  `id: ${number + 5}\nevent: signal.received\ndata: {"data":{"name":"tick","payload":{"tick":${number}}}}\n\n`;
const OTHER = 'id: 1\nevent: step.completed\ndata: {"data":{"output":{"eventReceived":{"tick":7}}}}\n\n';

test("ticks are found between other events, in order", () => {
  expect(new TickScanner().take(`retry: 2000\n\n${OTHER}${tick(0)}${OTHER}${tick(1)}`)).toEqual([0, 1]);
});

test("a tick counts when its frame is whole, wherever the stream is cut", () => {
  const text = OTHER + tick(3) + tick(4);
  for (let cut = 0; cut <= text.length; cut += 1) {
    const scanner = new TickScanner();
    const [first, second] = [scanner.take(text.slice(0, cut)), scanner.take(text.slice(cut))];
    expect([...first, ...second]).toEqual([3, 4]);
    if (cut < OTHER.length + tick(3).length) expect(first).toEqual([]);
  }
});
