import type { ServerContext } from '../context';
import { chartsOf } from './charts';
import { templateCompletions } from './completion';
import { helmNavigation } from './navigation';

/** Helm charts: their values, named templates and functions. Findings are registered with the other sources. */
export function registerHelm(context: ServerContext): void {
  const charts = chartsOf(context);
  const navigation = helmNavigation(context);
  const { providers } = context;
  providers.add('templateCompletion', 'helm', (at) => templateCompletions(at, charts));
  providers.add('definition', 'helm', (at) => navigation.definition(at));
  providers.add('references', 'helm', (at) => navigation.references(at));
  providers.add('hover', 'helm', (at) => navigation.hover(at));
}
