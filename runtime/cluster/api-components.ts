import type { ApiServerComponents, ApiServerInternals } from '../apiserver/server';
import { createAuthenticator, impersonate, openIdDocuments, selfSubjectReview, tokenRequest, tokenReview, TokenSigner } from '../apiserver/authentication';
import { createAdmission } from '../apiserver/admission';
import { WebhookClient } from '../apiserver/admission/webhook/call';
import { metricsReaders } from '../apiserver/metrics';
import { accessReviews, createAuthorizer, rbacEscalation } from '../apiserver/authorization';
import { type Backends, createConnectHandler, type KubeletAddress } from '../apiserver/proxy';
import type { ClusterCertificates } from './certificates';
import type { KubeletClient } from './kubelet-client';
import type { NodeEndpoint } from './nodes/node-host';

/** Of tokens for the API server itself, and the issuer of all. */
const issuer = 'https://kubernetes.default.svc.cluster.local';

export interface ApiComponentsOptions {
  certificates: ClusterCertificates;
  nodeEndpoint(name: string): Promise<NodeEndpoint | undefined>;
  /** Requests of the control plane's own to kubelets. */
  kubelets: KubeletClient;
  /** A connection into the cluster's network. */
  dial: Backends['dial'];
  /** How long pods stay on a node that is gone, when they don't say; 300 unless told. */
  nodeEvictionSeconds?: number | undefined;
}

/** Who may do what in a cluster, and how the API server reaches its nodes. */
export function apiComponents({ lister, clock, transport }: ApiServerInternals, options: ApiComponentsOptions): ApiServerComponents {
  const { certificates } = options;
  const signer = new TokenSigner({ issuer, ...certificates.serviceAccount }, clock);
  const audiences = [issuer];
  const authenticator = createAuthenticator({ lister, clock, signer, audiences });
  const authorizer = createAuthorizer({ lister });
  return {
    authenticator,
    authorizer,
    impersonate,
    // The check of granted permissions sees objects as the others leave them.
    admission: [
      ...createAdmission({
        lister, transport, clock, authorizer, dial: options.dial,
        ...(options.nodeEvictionSeconds !== undefined && { defaultTolerationSeconds: options.nodeEvictionSeconds }),
      }),
      rbacEscalation(authorizer),
    ],
    virtualResources: new Map([
      ...accessReviews(authorizer),
      ['authentication.k8s.io/tokenreviews', tokenReview(authenticator, audiences)],
      ['authentication.k8s.io/selfsubjectreviews', selfSubjectReview(clock)],
    ]),
    subresourceHandlers: new Map([['/serviceaccounts/token', tokenRequest(signer, lister, audiences, clock)]]),
    readers: metricsReaders({ lister, clock, kubelets: options.kubelets }),
    documents: openIdDocuments(signer),
    connect: createConnectHandler(backendsOf(options), lister),
    conversionWebhooks: new WebhookClient(lister, options.dial),
    aggregation: { backends: options, frontProxy: certificates.frontProxyClient },
  };
}

function backendsOf({ certificates, nodeEndpoint, dial }: ApiComponentsOptions): Backends {
  return { dial, kubelet: kubeletLocator(certificates, nodeEndpoint) };
}

/** Finds nodes' kubelets, with the credentials for them. */
export function kubeletLocator(certificates: ClusterCertificates, nodeEndpoint: ApiComponentsOptions['nodeEndpoint']) {
  return async (node: string): Promise<KubeletAddress | undefined> => {
    const endpoint = await nodeEndpoint(node);
    const credentials = { ca: certificates.ca.cert, ...certificates.kubeletClient };
    return endpoint && { host: endpoint.host, port: endpoint.kubeletPort, servername: node, ...credentials };
  };
}
