import { describe, expect, it } from 'vitest';
import { staticPod } from './manifest-source';

const manifest =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: Web, labels: {a: b}}\nspec:\n  containers: [{name: main, image: busybox:1}]\n';

describe('a manifest', () => {
  it('is a pod of the node, marked with where it comes from', () => {
    const pod = staticPod(manifest, '/etc/web.yaml', 'node-1');
    expect(pod).toMatchObject({
      metadata: { name: 'web-node-1', namespace: 'default', labels: { a: 'b' } },
      spec: { nodeName: 'node-1', restartPolicy: 'Always' },
    });
    expect(pod?.metadata.annotations).toEqual({
      'kubernetes.io/config.hash': pod?.metadata.uid,
      'kubernetes.io/config.source': 'file',
    });
    expect(pod?.spec.tolerations).toEqual([{ effect: 'NoExecute', operator: 'Exists' }]);
  });

  it('is another pod when it changes', () => {
    const uid = (text: string, node = 'node-1') => staticPod(text, '/etc/web.yaml', node)?.metadata.uid;
    expect(uid(manifest)).toBe(uid(manifest));
    expect(uid(manifest.replace('busybox:1', 'busybox:2'))).not.toBe(uid(manifest));
    expect(uid(manifest, 'node-2')).not.toBe(uid(manifest));
  });

  it.each([
    ['', undefined],
    ['kind: Service', 'error'],
    ['kind: Pod\nmetadata: {}', 'error'],
  ])('that is %j', (text, expected) => {
    if (expected) expect(() => staticPod(text, 'f', 'n')).toThrow('not the manifest of a Pod');
    else expect(staticPod(text, 'f', 'n')).toBeUndefined();
  });
});
