import type { KubeObject } from '../../api/object';
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from '../request';
import type { ApiRequest } from '../http/api-request';
import type { Endpoint } from './endpoint';

/** Runs the plugins in their order. Most answer synchronously, and then nothing is awaited. */
export class AdmissionChain {
  private readonly mutating: readonly AdmissionPlugin[];
  private readonly validating: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.mutating = plugins.filter((plugin) => plugin.mutate);
    this.validating = plugins.filter((plugin) => plugin.validate);
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.mutating) {
      const pending = plugin.mutate!(attributes);
      if (pending) await pending;
    }
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.validating) {
      const pending = plugin.validate!(attributes);
      if (pending) await pending;
    }
  }
}

export function admissionAttributes(
  endpoint: Endpoint, request: ApiRequest, operation: AdmissionOperation, name: string, dryRun: boolean,
  objects: { object?: KubeObject; oldObject?: KubeObject; options?: unknown },
): AdmissionAttributes {
  return {
    operation, resource: endpoint.info, subresource: request.info.subresource, namespace: request.info.namespace, name,
    user: request.user, dryRun, ...objects,
    warn: (text) => void request.warnings.push(text),
  };
}
