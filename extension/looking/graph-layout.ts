import type { GraphEdge, GraphNode } from './protocol';

/** Rows for the nodes of each column: beside what leads to them, as far as there is room. */
export function layOut(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphNode[] {
  const placed = new Map<string, GraphNode>();
  const order = [...new Set(nodes.map(({ column }) => column))].sort((a, b) => a - b);
  for (const column of order) {
    const wished = nodes
      .filter((node) => node.column === column)
      .map((node) => ({ node, wish: wishOf(node, edges, placed) }))
      .sort((a, b) => a.wish - b.wish || a.node.label.localeCompare(b.node.label, 'en', { numeric: true }));
    let free = 0;
    for (const { node, wish } of wished) {
      const row = Math.max(free, Number.isFinite(wish) ? Math.round(wish) : free);
      placed.set(node.id, { ...node, row });
      free = row + 1;
    }
  }
  return [...placed.values()];
}

/** The middle of the rows that lead here; what nothing leads to comes last. */
function wishOf({ id }: GraphNode, edges: readonly GraphEdge[], placed: ReadonlyMap<string, GraphNode>): number {
  const rows = edges.filter(({ to }) => to === id).flatMap(({ from }) => placed.get(from)?.row ?? []);
  return rows.length > 0 ? Math.min(...rows) : Number.POSITIVE_INFINITY;
}
