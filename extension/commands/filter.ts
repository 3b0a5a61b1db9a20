import * as vscode from 'vscode';
import { Cancelled } from '../errors';
import { Filter, selectorProblem } from '../tree/filter';
import type { LazyTrees } from '../tree/lazy-tree';
import { t } from '../words';

type View = vscode.TreeView<unknown>;

export async function filterByText(views: LazyTrees, given: unknown, view: View): Promise<void> {
  const { text: value, labels } = await currentFilter(views);
  const text = given ?? (await vscode.window.showInputBox({
    title: t`Filter by Name`,
    prompt: t`Shows what has this in its name or namespace; empty for all`,
    value,
  }));
  if (typeof text !== 'string') throw new Cancelled();
  await apply(views, new Filter(text.trim(), labels), view);
}

export async function filterByLabels(views: LazyTrees, given: unknown, view: View): Promise<void> {
  const { text, labels: value } = await currentFilter(views);
  const labels = given ?? (await vscode.window.showInputBox({
    title: t`Filter by Labels`,
    prompt: t`Label selector, as for kubectl -l; empty for all`,
    placeHolder: 'app=web,tier in (frontend, edge)',
    value,
    validateInput: selectorProblem,
  }));
  if (typeof labels !== 'string') throw new Cancelled();
  await apply(views, new Filter(text, labels.trim()), view);
}

export async function clearFilter(views: LazyTrees, view: View): Promise<void> {
  await apply(views, Filter.none, view);
}

async function currentFilter({ resources }: LazyTrees): Promise<Filter> {
  return (await resources.tree()).filter;
}

async function apply(views: LazyTrees, filter: Filter, view: View): Promise<void> {
  for (const lazy of [views.clusters, views.resources]) (await lazy.tree()).setFilter(filter);
  view.title = filter.isActive ? `${t`Resources`} (${filter.toString()})` : t`Resources`;
  await vscode.commands.executeCommand('setContext', 'podium.isFiltered', filter.isActive);
}
