import { describe, expect, it } from 'vitest';
import { changePatch, type DebugChange, isChanged, originalOf, podCopy, restorePatch } from './template-change';

const probe = { httpGet: { path: '/', port: 80 } };
const spec = {
  replicas: 3,
  template: {
    spec: {
      nodeName: 'node-1',
      containers: [
        { name: 'web', args: ['serve'], livenessProbe: probe, startupProbe: probe },
        { name: 'sidecar', livenessProbe: probe },
      ],
    },
  },
};
const patches = (change: DebugChange): [object, object] | undefined => {
  const original = originalOf({ spec }, change);
  return original && [changePatch(original, change), restorePatch(original)];
};

describe('a workload that is debugged', () => {
  it('loses the probes that it has, of one container, and gets them back', () => {
    expect(patches({ container: 'web', probesOff: true })).toEqual([
      { template: { spec: { containers: [{ name: 'web', livenessProbe: null, startupProbe: null }] } } },
      { template: { spec: { containers: [{ name: 'web', livenessProbe: probe, startupProbe: probe }] } } },
    ]);
  });

  it('gets another command, and loses it where there was none', () => {
    expect(patches({ container: 'web', command: ['python3', '-m', 'debugpy'] })).toEqual([
      { template: { spec: { containers: [{ name: 'web', command: ['python3', '-m', 'debugpy'], args: null }] } } },
      { template: { spec: { containers: [{ name: 'web', command: null, args: ['serve'] }] } } },
    ]);
  });

  it('is scaled to one pod, and back', () => {
    expect(patches({ container: 'web', alone: true })).toEqual([{ replicas: 1 }, { replicas: 3 }]);
  });

  it('stays as it is where there is nothing to change', () => {
    const bare = { spec: { replicas: 1, template: { spec: { containers: [{ name: 'web' }] } } } };
    expect(originalOf(bare, { container: 'web', probesOff: true, alone: true })).toBeUndefined();
  });

  it('has pods that are as it was changed, or not yet', () => {
    const change = { container: 'web', probesOff: true, command: ['sh'] };
    const changed = podCopy(spec.template.spec, change);
    expect([isChanged(spec.template.spec, change), isChanged(changed, change)]).toEqual([false, true]);
    expect(changed).toEqual({
      containers: [
        { name: 'web', command: ['sh'] },
        { name: 'sidecar', livenessProbe: probe },
      ],
    });
  });
});
