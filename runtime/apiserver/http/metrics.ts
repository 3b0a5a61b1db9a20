import type { Cacher } from '../storage/cacher';
import type { PathDocument } from './system-paths';

/** The metrics page. The library is loaded by the first reader: most clusters have none. */
export async function renderMetrics(cacher: Cacher): Promise<PathDocument> {
  const { Registry, Gauge, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const objects = new Gauge({
    name: 'apiserver_storage_objects', help: 'Number of stored objects by resource.', labelNames: ['resource'], registers: [registry],
  });
  const watchers = new Gauge({
    name: 'apiserver_registered_watchers', help: 'Number of watches by resource.', labelNames: ['resource'], registers: [registry],
  });
  for (const { resource, count, watching } of cacher.summary()) {
    objects.set({ resource }, count);
    watchers.set({ resource }, watching);
  }
  const revision = new Gauge({ name: 'apiserver_storage_revision', help: 'Newest revision that reads see.', registers: [registry] });
  revision.set(cacher.revision);
  return { contentType: registry.contentType, body: await registry.metrics() };
}
