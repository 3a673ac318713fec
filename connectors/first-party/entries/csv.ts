import type { ConnectorEntry } from "./entry.ts";

const text = "sku,count,price\na,1,2.50\nb,10,\n";

export const csvEntry: ConnectorEntry = {
  about: `Tables as text, read and written by Papa Parse: RFC 4180, and what spreadsheets make of it (other delimiters, a byte order
mark, line breaks inside quotes).

Fields are text unless \`typed: true\` asks for numbers, booleans and null; \`007\` and numbers with more digits than a number can
hold stay text. A row with more or fewer fields than there are columns is refused with its number, because a shifted column is worse than
an error; \`ragged: true\` takes it. A column that stands twice gets a number (\`price\`, \`price_2\`). Texts of people you do not know that end up in
a spreadsheet should be written with \`escape_formulas: true\`.`,
  examples: [
    {
      action: "parse",
      title: "Rows as maps",
      input: { text, typed: true },
      output: {
        rows: [
          { sku: "a", count: 1, price: 2.5 },
          { sku: "b", count: 10, price: null },
        ],
        columns: ["sku", "count", "price"],
        count: 2,
        delimiter: ",",
      },
    },
    {
      action: "parse",
      title: "No header, semicolons",
      input: { text: "a;1\nb;2", header: false },
      output: {
        rows: [
          ["a", "1"],
          ["b", "2"],
        ],
        columns: ["column_1", "column_2"],
        count: 2,
        delimiter: ";",
      },
    },
    {
      action: "inspect",
      title: "What did they send?",
      input: { text: `${text}c\n` },
      output: {
        columns: ["sku", "count", "price"],
        count: 3,
        ragged: 1,
        delimiter: ",",
        sample: [["a", "1", "2.50"], ["b", "10", ""], ["c"]],
      },
    },
    {
      action: "format",
      title: "Chosen columns",
      input: {
        rows: [{ sku: "a", at: { city: 'Big "B"' } }, { sku: "b" }],
        columns: ["sku", "at.city"],
        newline: "\n",
      },
      output: { text: 'sku,at.city\na,"Big ""B"""\nb,', count: 2 },
    },
  ],
};
