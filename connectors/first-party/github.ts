import type { JsonObject } from "../../engine/json.ts";
import { fromInput, inputMembers, serviceManifest } from "./http-manifest.ts";
import { answer, integer, list, map, object, oneOf, open, string } from "./schema-terms.ts";

const repository: Record<string, JsonObject> = {
  owner: string("User or organisation", { minLength: 1 }),
  repo: string("Name of the repository", { minLength: 1 }),
};
const number = integer("Number of the issue or pull request", { minimum: 1 });
const names = (description: string) => list(description, { type: "string" });
const issue = open({
  number: integer("Its number"),
  title: string("Its title"),
  state: string("open or closed"),
  html_url: string("Its page"),
});
const comment = open({ id: integer("Its id"), body: string("Its text"), html_url: string("Its page") });

const pagination = { type: "link", maxPages: 10, maxItems: 1_000 } as const;

const INPUTS = map("Inputs of the workflow", { additionalProperties: { type: ["string", "number", "boolean"] } });

/** `community/github`: issues, comments, files and workflows (REST, 2022-11-28). */
export const github = serviceManifest(
  {
    name: "github",
    displayName: "GitHub",
    description: "Issues, comments, files and workflow runs of GitHub repositories",
    categories: ["development"],
    homepage: "https://docs.github.com/rest",
    auth: { type: "BEARER" },
    baseUrl: "https://api.github.com",
    headers: {
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      "user-agent": "smartify-cloud",
    },
  },
  [
    {
      name: "get_issue",
      description: "One issue or pull request",
      input: object({ ...repository, number }),
      output: issue,
      idempotent: true,
      call: "GET /repos/{owner}/{repo}/issues/{number}",
      request: { response: { extract: "$" } },
    },
    {
      name: "list_issues",
      description: "Issues and pull requests, newest first, over all pages",
      input: object({
        ...repository,
        "state?": oneOf("Which", ["open", "closed", "all"], { default: "open" }),
        "labels?": string("Names of labels that all must stand there, between commas"),
        "since?": string("Changed since, ISO 8601"),
      }),
      output: answer(list("The issues", issue)),
      idempotent: true,
      call: "GET /repos/{owner}/{repo}/issues",
      request: { query: { ...inputMembers("state", "labels", "since"), per_page: 100 }, pagination },
    },
    {
      name: "create_issue",
      description: "Opens an issue",
      input: object({
        ...repository,
        title: string("Its title", { minLength: 1 }),
        "body?": string("Its text, Markdown"),
        "labels?": names("Names of labels"),
        "assignees?": names("Who is to see to it"),
      }),
      output: issue,
      idempotent: false,
      call: "POST /repos/{owner}/{repo}/issues",
      request: { body: inputMembers("title", "body", "labels", "assignees"), response: { extract: "$" } },
    },
    {
      name: "update_issue",
      description: "Changes an issue; what is left out stays",
      input: object({
        ...repository,
        number,
        "title?": string("Its title", { minLength: 1 }),
        "body?": string("Its text, Markdown"),
        "state?": oneOf("Open or close it", ["open", "closed"]),
        "labels?": names("Names of labels, instead of those it has"),
        "assignees?": names("Who is to see to it, instead of those who were"),
      }),
      output: issue,
      idempotent: true,
      call: "PATCH /repos/{owner}/{repo}/issues/{number}",
      request: { body: inputMembers("title", "body", "state", "labels", "assignees"), response: { extract: "$" } },
    },
    {
      name: "create_comment",
      description: "Comments on an issue or pull request",
      input: object({ ...repository, number, body: string("The text, Markdown", { minLength: 1 }) }),
      output: comment,
      idempotent: false,
      call: "POST /repos/{owner}/{repo}/issues/{number}/comments",
      request: { body: inputMembers("body"), response: { extract: "$" } },
    },
    {
      name: "list_comments",
      description: "Comments on an issue or pull request, over all pages",
      input: object({ ...repository, number, "since?": string("Changed since, ISO 8601") }),
      output: answer(list("The comments", comment)),
      idempotent: true,
      call: "GET /repos/{owner}/{repo}/issues/{number}/comments",
      request: { query: { ...inputMembers("since"), per_page: 100 }, pagination },
    },
    {
      name: "get_file",
      description: "A file; `content` is base64, which `crypto.convert` reads",
      input: object({
        ...repository,
        path: string("Path inside the repository", { minLength: 1 }),
        "ref?": string("Branch, tag or commit; the default branch without it"),
      }),
      output: open({
        path: string("Its path"),
        sha: string("Its blob's hash"),
        size: integer("Bytes"),
        content: string("The content"),
        encoding: string("How it is written: base64"),
      }),
      idempotent: true,
      call: "GET /repos/{owner}/{repo}/contents/{path}",
      request: { query: inputMembers("ref"), response: { extract: "$" } },
    },
    {
      name: "dispatch_workflow",
      description: "Starts a workflow of GitHub Actions that has the trigger workflow_dispatch",
      input: object({
        ...repository,
        workflow: string("File name such as deploy.yml, or id", { minLength: 1 }),
        ref: string("Branch or tag", { minLength: 1 }),
        "inputs?": INPUTS,
      }),
      output: open({ status: integer("204") }),
      idempotent: false,
      call: "POST /repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches",
      request: { body: { ref: fromInput("ref"), inputs: fromInput("inputs") } },
    },
  ],
);
