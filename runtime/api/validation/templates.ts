import { finding, Path } from '../finding';
import type { PodTemplate, V1beta1StorageVersionMigration } from '../kinds';
import type { Findings } from './common';
import { SPEC } from './common';
import { podTemplate as podTemplateSpec } from './pod-spec';
import type { KindRules } from './rules';

export const podTemplate: KindRules<PodTemplate> = {
  create({ template }) {
    const out: Findings = [];
    podTemplateSpec(out, Path.of('template'), template ?? {});
    return out;
  },
};

export const storageVersionMigration: KindRules<V1beta1StorageVersionMigration> = {
  create({ spec }) {
    const out: Findings = [];
    const resource = spec?.resource?.resource;
    if (!resource) out.push(finding.required(SPEC.child('resource', 'resource'), 'resource is required'));
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    const [now, before] = [object.spec?.resource, old.spec?.resource];
    for (const field of ['group', 'resource'] as const) {
      const value = now?.[field] ?? '';
      if (value !== (before?.[field] ?? '')) out.push(finding.invalid(Path.of(field), value, 'field is immutable'));
    }
    return out;
  },
};
