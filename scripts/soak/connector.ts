/** Where the connector finds its service: the platform is told that this name stands for one on this machine. */
export const SOAK_HOST = "soak-service:9000";

/** `work` may be repeated, `charge` must not be. */
export const SOAK_CONNECTOR = `
connector:
  type: connector
  kind: http
  name: soak
  namespace: community
  version: 1.0.0
  displayName: Soak
  description: What the soak's executions call
  runtime: {resources: {concurrent: 100}}
actions:
  - name: work
    description: Answers after a while, or as its input says
    handler: {http: {url: "http://${SOAK_HOST}/execute", method: POST, timeout: 120}}
  - name: charge
    description: The same, of what must not happen twice
    idempotent: false
    handler: {http: {url: "http://${SOAK_HOST}/execute", method: POST, timeout: 120}}
`;
