/**
 * What a file is, judged by its name, its folder's and its text. `manifest` is any other YAML or JSON: whether a document in
 * it is a Kubernetes object, the document says.
 */
export type FileKind = 'manifest' | 'kustomization' | 'helm-chart' | 'helm-values' | 'helm-template' | 'none';

const kustomizations = /^(kustomization\.ya?ml|Kustomization)$/;

export function fileKindOf(uri: string, text: string): FileKind {
  const [name = '', ...folders] = uri.split('/').reverse();
  if (kustomizations.test(name)) return 'kustomization';
  if (/^Chart\.ya?ml$/.test(name)) return 'helm-chart';
  if (folders.includes('templates') && (/\.(tpl|txt)$/.test(name) || text.includes('{{'))) return 'helm-template';
  if (/^values[\w.-]*\.ya?ml$/.test(name)) return 'helm-values';
  return /\.(ya?ml|json)$/.test(name) || !name.includes('.') ? 'manifest' : 'none';
}
