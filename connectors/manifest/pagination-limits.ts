/** What bounds the pages of one call: requests, and items of all pages together. */
export const PAGINATION_LIMITS = { mostPages: 100, usualPages: 10, mostItems: 10_000 } as const;
