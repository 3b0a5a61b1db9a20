import type { UntypedObject } from '../../runtime/api/kinds';
import type { ResourceInfo } from '../../runtime/api/resource';
import { subjectOf, type LintSubject } from './subject';

/** The other objects of the workspace; what a workspace gives of a kind. */
export interface ObjectSource {
  ofKind(
    group: string,
    kind: string,
  ): readonly { readonly value: UntypedObject; readonly type: ResourceInfo | undefined }[];
}

export const noObjects: ObjectSource = { ofKind: () => [] };

/** Objects beside the one that is looked at, decoded once for the linting of a file. */
export class Neighbours {
  private readonly byKind = new Map<string, Map<string, LintSubject[]>>();

  constructor(private readonly source: ObjectSource) {}

  /** Of a kind (`apps/Deployment`) in a namespace; the empty one for kinds that are in none. */
  in<T = UntypedObject>(namespace: string, kind: string): readonly (LintSubject & { object: T })[] {
    return ((this.byKind.get(kind) ?? this.read(kind)).get(namespace) ?? []) as (LintSubject & { object: T })[];
  }

  private read(kind: string): Map<string, LintSubject[]> {
    const namespaces = new Map<string, LintSubject[]>();
    this.byKind.set(kind, namespaces);
    const slash = kind.indexOf('/');
    for (const { value, type } of this.source.ofKind(kind.slice(0, slash), kind.slice(slash + 1))) {
      const subject = subjectOf(value, type);
      if (!subject) continue;
      const list = namespaces.get(subject.namespace);
      if (list) list.push(subject);
      else namespaces.set(subject.namespace, [subject]);
    }
    return namespaces;
  }
}
