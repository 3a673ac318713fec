/** The stored modules are not those that the plan pinned: nothing of them runs. Its message is for people. */
export class UnfitModules extends Error {}
