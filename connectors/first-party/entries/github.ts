import type { ConnectorEntry } from "./entry.ts";

const repository = { owner: "octocat", repo: "hello-world" };
const url = "https://github.com/octocat/hello-world/issues/1";

export const githubEntry: ConnectorEntry = {
  about: `Issues, comments, files and workflow runs of GitHub repositories (REST API, version 2022-11-28).

**Connection.** A token as BEARER: \`POST /connections {"connector": "community/github", "name": "default", "type": "BEARER", "values": {"token": "github_pat_…"}}\`.
A fine-grained token needs Issues (read and write), Contents (read) and Actions (write), as far as you use them. GitHub Enterprise:
\`"base_url": "https://github.example.com/api/v3"\` beside the token.

Lists follow GitHub's \`Link\` header, a hundred a page and at most 1,000 items; \`has_more\` says that there were more. Opening an issue and commenting are
not repeated when nobody knows whether they happened.`,
  examples: [
    {
      action: "create_issue",
      title: "An issue with a label",
      input: { ...repository, title: "The build is red", body: "Since *this morning*.", labels: ["bug"] },
      output: { number: 1, title: "The build is red", state: "open", html_url: url },
    },
    {
      action: "get_issue",
      title: "One issue",
      input: { ...repository, number: 1 },
      output: { number: 1, title: "The build is red", state: "open", html_url: url },
    },
    {
      action: "list_issues",
      title: "What is open",
      input: { ...repository, state: "open" },
      output: {
        status: 200,
        headers: {},
        body: [{ number: 1, title: "The build is red", state: "open", html_url: url }],
        pages: 1,
        has_more: false,
      },
    },
    {
      action: "create_comment",
      title: "Say something",
      input: { ...repository, number: 1, body: "Looking into it." },
      output: { id: 1, body: "Looking into it.", html_url: `${url}#issuecomment-1` },
    },
    {
      action: "list_comments",
      title: "What was said",
      input: { ...repository, number: 1 },
      output: {
        status: 200,
        headers: {},
        body: [{ id: 1, body: "Looking into it.", html_url: `${url}#issuecomment-1` }],
        pages: 1,
        has_more: false,
      },
    },
    {
      action: "update_issue",
      title: "Close it",
      input: { ...repository, number: 1, state: "closed" },
      output: { number: 1, title: "The build is red", state: "closed", html_url: url },
    },
    {
      action: "get_file",
      title: "A file in a folder",
      input: { ...repository, path: "docs/setup.md" },
      output: {
        path: "docs/setup.md",
        sha: "3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
        size: 6,
        content: "aGVsbG8K",
        encoding: "base64",
      },
    },
    {
      action: "dispatch_workflow",
      title: "Deploy",
      input: { ...repository, workflow: "deploy.yml", ref: "main", inputs: { target: "staging" } },
      output: { status: 204, headers: {}, body: null },
    },
  ],
};
