import { catalogue } from '../../api/catalogue';
import type { CustomResourceDefinition, Service } from '../../api/kinds';
import type { ResourceInfo } from '../../api/resource';
import type { Clock } from '../../clock';
import type { Store } from '../../store/store';
import type { Cacher } from '../storage/cacher';
import { resourcePrefix } from '../storage/keys';
import { ResourceStorage } from '../storage/resource-storage';
import { conversionOf } from './conversion';
import type { ConversionWebhooks } from './custom/conversion-webhook';
import { customEndpoints } from './custom/endpoints';
import { CustomResourceDefinitionStrategy } from './custom/strategy';
import { convertedView, storedView } from './endpoint';
import type { Endpoint } from './endpoint';
import { readyNetworks } from './service-addresses';
import { ApiServiceStrategy } from './strategies/api-services';
import { CertificateSigningRequestStrategy } from './strategies/certificates';
import { JobStrategy } from './strategies/jobs';
import { NamespaceStrategy } from './strategies/namespaces';
import { PodStrategy } from './strategies/pods';
import { SecretStrategy } from './strategies/secrets';
import { ServiceAccountStrategy } from './strategies/service-accounts';
import { ServiceStrategy } from './strategies/services';
import type { ServiceNetwork } from './strategies/services';
import { PersistentVolumeClaimStrategy, PersistentVolumeStrategy } from './strategies/volumes';
import { DaemonSetStrategy, DeploymentStrategy } from './strategies/workloads';
import { GenericStrategy } from './strategy';
import type { Strategy } from './strategy';

const eventTtlSeconds = 3600;
export const definitionsPrefix = resourcePrefix('apiextensions.k8s.io', 'customresourcedefinitions', true);

/** Kinds with rules of their own. */
const strategies: Readonly<Record<string, typeof GenericStrategy>> = {
  '/namespaces': NamespaceStrategy,
  '/persistentvolumeclaims': PersistentVolumeClaimStrategy,
  '/persistentvolumes': PersistentVolumeStrategy,
  '/pods': PodStrategy,
  '/secrets': SecretStrategy,
  '/serviceaccounts': ServiceAccountStrategy,
  'apiextensions.k8s.io/customresourcedefinitions': CustomResourceDefinitionStrategy,
  'apiregistration.k8s.io/apiservices': ApiServiceStrategy,
  'apps/daemonsets': DaemonSetStrategy,
  'apps/deployments': DeploymentStrategy,
  'batch/jobs': JobStrategy,
  'certificates.k8s.io/certificatesigningrequests': CertificateSigningRequestStrategy,
};

/** Every served resource. Built-in ones are set up when first asked for; custom ones come and go with their definitions. */
export class Registry {
  private readonly builtIn = new Map<string, Endpoint | undefined>();
  private custom = new Map<string, Endpoint>();
  private readonly definitions = new Map<string, { generation: string; endpoints: Endpoint[] }>();
  private readonly serviceStrategies = new Map<string, ServiceStrategy>();
  private readonly listeners: (() => void)[] = [];
  private announced: readonly ResourceInfo[] = [];
  /** Changes whenever the set of served resources does. */
  generation = 0;
  /** By whom objects of definitions are converted whose conversion is a webhook's; told before the first definition is. */
  conversionWebhooks: ConversionWebhooks | undefined;

  constructor(
    private readonly cacher: Cacher,
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly network: ServiceNetwork,
  ) {}

  find(group: string, version: string, resource: string): Endpoint | undefined {
    const key = `${group}/${version}/${resource}`;
    if (this.builtIn.has(key)) return this.builtIn.get(key) ?? this.custom.get(key);
    const info = catalogue.byResource({ group, version, resource });
    // Names that nobody serves come from outside and aren't remembered.
    if (!info) return this.custom.get(key);
    const endpoint = this.makeBuiltIn(info);
    this.builtIn.set(key, endpoint);
    return endpoint;
  }

  /** Whether any resource of the group version is served. */
  serves(group: string, version: string): boolean {
    return this.resources().some((info) => info.group === group && info.version === version);
  }

  private served: { generation: number; resources: readonly ResourceInfo[] } | undefined;

  resources(): readonly ResourceInfo[] {
    if (this.served?.generation !== this.generation) {
      const custom = [...this.custom.values()].map((endpoint) => endpoint.info);
      this.served = { generation: this.generation, resources: [...catalogue.resources(), ...custom, ...this.announced] };
    }
    return this.served.resources;
  }

  /** Names resources that are answered elsewhere, so that discovery has them. */
  announce(resources: readonly ResourceInfo[]): void {
    this.announced = resources;
    this.generation++;
  }

  customResources(): readonly Endpoint[] {
    return [...this.custom.values()];
  }

  /** Serves what a definition establishes; undefined: it is gone. */
  define(name: string, definition: CustomResourceDefinition | undefined): void {
    const generation = definition ? stateOf(definition) : '';
    if ((this.definitions.get(name)?.generation ?? '') === generation) return;
    const served = definition !== undefined && isEstablished(definition);
    const endpoints = served ? customEndpoints(definition, (prefix, info) => this.storage(prefix, info), this.conversionWebhooks) : [];
    if (definition) this.definitions.set(name, { generation, endpoints });
    else this.definitions.delete(name);
    this.custom = new Map();
    for (const entry of this.definitions.values()) {
      for (const endpoint of entry.endpoints) {
        const { group, version, resource } = endpoint.info;
        this.custom.set(`${group}/${version}/${resource}`, endpoint);
      }
    }
    this.generation++;
    for (const listener of this.listeners) listener();
  }

  /** Calls whenever the set of served resources has changed. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private storage(prefix: string, info: ResourceInfo, ttlSeconds?: number): ResourceStorage {
    const subject = { ...(info.group && { group: info.group }), kind: info.resource };
    return new ResourceStorage(prefix, subject, this.cacher, this.store, this.clock, ttlSeconds);
  }

  private makeBuiltIn(info: ResourceInfo): Endpoint {
    const { group, version, resource, schema } = info;
    const conversion = conversionOf(group, version, resource);
    const storage = this.storage(resourcePrefix(group, resource, true), info, resource === 'events' ? eventTtlSeconds : undefined);
    return {
      info, storage, schema, resolver: catalogue, strategy: this.strategy(info, storage),
      view: conversion ? convertedView(info, conversion.fromStored) : storedView(info),
      toStored: conversion ? conversion.toStored : (object) => object,
    };
  }

  private strategy(info: ResourceInfo, storage: ResourceStorage): Strategy {
    const name = `${info.group}/${info.resource}`;
    if (name === '/services') return this.serviceStrategy(info, storage);
    return new (strategies[name] ?? GenericStrategy)(info, false);
  }

  private serviceStrategy(info: ResourceInfo, storage: ResourceStorage): ServiceStrategy {
    let strategy = this.serviceStrategies.get(info.version);
    if (!strategy) {
      strategy = new ServiceStrategy(info, this.network, () => readyNetworks(this.cacher));
      strategy.recover(storage.cache.entries.map((entry) => entry.object as unknown as Service));
      this.serviceStrategies.set(info.version, strategy);
    }
    return strategy;
  }
}

/** Changes when what is served of a definition does. */
function stateOf(definition: CustomResourceDefinition): string {
  const { uid = '', generation = 0 } = definition.metadata;
  return `${uid}/${generation}/${String(isEstablished(definition))}`;
}

function isEstablished(definition: CustomResourceDefinition): boolean {
  return (definition.status?.conditions ?? []).some(({ type, status }) => type === 'Established' && status === 'True');
}
