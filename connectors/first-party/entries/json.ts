import type { ConnectorEntry } from "./entry.ts";

const order = { id: 7, items: [{ sku: "a", count: 1 }], note: null };

export const jsonEntry: ConnectorEntry = {
  about: `Everything a step does to JSON between two services: take a text apart, look up or change one place of a document, apply
a patch, compare two versions, check a document against a schema.

Places are JSON pointers (RFC 6901): \`/items/0/sku\`, with \`~1\` for a slash and \`~0\` for a tilde inside a name. \`patch\` is
RFC 6902 and all or nothing: when one operation fails, the document stays as it was and the error says which. \`merge\` is RFC 7396.
\`diff\` compares lists from both ends; an item that moved is shown as replaced. No action changes its input.`,
  examples: [
    { action: "parse", title: "A text from a queue", input: { text: '{"id": 7}' }, output: { value: { id: 7 } } },
    {
      action: "stringify",
      title: "Members in order, so that equal documents give equal texts",
      input: { value: { b: 1, a: [2] }, sort_keys: true },
      output: { text: '{"a":[2],"b":1}' },
    },
    {
      action: "get",
      title: "One value, with a default",
      input: { data: order, pointer: "/items/0/price", default: 0 },
      output: { found: false, value: 0 },
    },
    {
      action: "set",
      title: "A value where the way to it is missing",
      input: { data: { id: 7 }, pointer: "/customer/name", value: "Ada", create: true },
      output: { data: { id: 7, customer: { name: "Ada" } } },
    },
    {
      action: "remove",
      title: "Without the note",
      input: { data: order, pointer: "/note" },
      output: { data: { id: 7, items: [{ sku: "a", count: 1 }] }, removed: true, value: null },
    },
    {
      action: "patch",
      title: "Only if it is still order 7",
      input: {
        data: order,
        patch: [
          { op: "test", path: "/id", value: 7 },
          { op: "add", path: "/items/-", value: { sku: "b", count: 2 } },
          { op: "remove", path: "/note" },
        ],
      },
      output: {
        data: {
          id: 7,
          items: [
            { sku: "a", count: 1 },
            { sku: "b", count: 2 },
          ],
        },
      },
    },
    {
      action: "merge",
      title: "Change one member, take another away",
      input: {
        data: { title: "Hello", author: { name: "Ada", mail: "a@b.c" } },
        patch: { title: "Bye", author: { mail: null } },
      },
      output: { data: { title: "Bye", author: { name: "Ada" } } },
    },
    {
      action: "diff",
      title: "What changed",
      input: { before: { a: 1, b: [1, 2] }, after: { a: 1, b: [1, 2, 3], c: true } },
      output: {
        equal: false,
        patch: [
          { op: "add", path: "/b/2", value: 3 },
          { op: "add", path: "/c", value: true },
        ],
      },
    },
    {
      action: "validate",
      title: "A document that lacks a member",
      input: {
        data: { id: "7" },
        schema: { type: "object", properties: { id: { type: "integer" } }, required: ["id", "items"] },
      },
      output: {
        valid: false,
        problems: [
          { path: "/id", message: "must be integer, got string" },
          { path: "/items", message: "items is required" },
        ],
      },
    },
    {
      action: "flatten",
      title: "For a table",
      input: { data: { id: 7, customer: { name: "Ada", tags: ["new"] } } },
      output: { data: { id: 7, "customer.name": "Ada", "customer.tags.0": "new" } },
    },
    {
      action: "unflatten",
      title: "And back",
      input: { data: { id: 7, "customer.tags.0": "new" } },
      output: { data: { id: 7, customer: { tags: ["new"] } } },
    },
  ],
};
