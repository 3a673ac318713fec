import type { WebhookAnswer, WebhookRequest } from "../../contracts/webhook-delivery.ts";
import { chance } from "../tenant/simulated-tenant.ts";
import { endpointOf, eventOf, itemOf } from "./items.ts";
import { SimulatedFeed } from "./simulated-feed.ts";

interface Arrival extends WebhookRequest {
  at: number;
}

/** A feed whose receivers answer by `behave`, and all that arrives at them. */
export function feedWith(behave: (request: Arrival, count: number) => WebhookAnswer | Promise<WebhookAnswer>) {
  const arrivals: Arrival[] = [];
  const random = chance(7);
  const feed: SimulatedFeed = new SimulatedFeed({
    luck: random,
    receive: async (request) => {
      const arrival = { ...request, at: feed.clock.now() };
      arrivals.push(arrival);
      return behave(arrival, arrivals.filter(({ id, url }) => id === arrival.id && url === arrival.url).length);
    },
  });
  const at = (endpoint: string): Arrival[] => arrivals.filter(({ url }) => url.startsWith(`https://${endpoint}.`));
  const make = (...args: Parameters<typeof endpointOf>) =>
    feed.insist(({ webhooks }) => webhooks.create(endpointOf(...args), "key_me"));
  const push = (execution: string, ...types: string[]) => {
    const events = types.map((type, index) => eventOf(execution, index + 1, type, feed.clock.now()));
    return feed.insist(({ outlet }) => outlet.push([itemOf(execution, events)]));
  };
  return { feed, arrivals, at, make, push };
}

export const endpointNow = (feed: SimulatedFeed, id: string) =>
  feed.insist(({ outlet }) => outlet.endpoints.find(id) ?? null);
export const deliveriesOf = (feed: SimulatedFeed, endpointId: string) =>
  feed.insist(({ outlet }) => outlet.deliveries.page({ endpointId, limit: 100 }).deliveries);
