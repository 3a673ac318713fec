/** Every id's prefix stands here and nowhere else. */
export const ID_PREFIX = {
  execution: "exec_",
  tenant: "ten_",
  key: "key_",
  workflow: "wf_",
  workflowVersion: "wfv_",
  connector: "con_",
  connectorVersion: "cov_",
  connection: "conn_",
  request: "req_",
  audit: "aud_",
  event: "evt_",
  endpoint: "whe_",
  delivery: "dlv_",
  trigger: "trg_",
  correction: "cor_",
} as const;
