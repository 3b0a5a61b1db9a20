/**
 * The Kubernetes 1.36 types. `V1Pod` of the OpenAPI client is `Pod` here; names of other versions and of groups that
 * share a name keep their prefix (`V2HorizontalPodAutoscaler`, `CoreV1Event`, `EventsV1Event`, `CoreV1EndpointPort`).
 */
export type * from './generated/types';
export * from './object';
