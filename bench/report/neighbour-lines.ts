import type { NeighbourCost } from "../neighbours/measure-neighbours.ts";

/** A neighbour may cost so much of a p99 (T27). */
const MOST = 1.5;

/** P1 as text. */
export function neighbourLines({ aloneP99Ms, besideP99Ms, asked, served, refusals }: NeighbourCost): string {
  const ratio = besideP99Ms / aloneP99Ms;
  const refused = Object.entries(refusals).map(([status, count]) => `${count} answered ${status}`);
  return [
    "P1 three steps, sync, of one tenant beside another that asks for ten times what it may have",
    `  p99 alone      ${aloneP99Ms.toFixed(2).padStart(8)} ms`,
    `  p99 beside it  ${besideP99Ms.toFixed(2).padStart(8)} ms`,
    `  ratio          ${ratio.toFixed(2).padStart(8)}      at most ${MOST}: ${ratio <= MOST ? "within the target" : "OVER the target"}`,
    `  the other      ${asked} requests, ${served} served, ${refused.join(", ") || "none refused"}`,
  ].join("\n");
}
