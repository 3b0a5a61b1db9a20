import type { KindInfo } from '../../../runtime/api/kind-info';
import { catalogue } from '../../../runtime/api/catalogue';
import type { Schema } from '../../../runtime/api/schema';

const selected = (workload: string): string => `spec:
  ${workload}selector:
    matchLabels:
      app: \${1:app}
  template:
    metadata:
      labels:
        app: \${1:app}
    spec:
`;

const containers = `containers:
  - name: \${1:app}
    image: \${2:image}
`;

const indented = (text: string, width: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(width));

/**
 * What follows `metadata` in the kinds that are written most, as snippets: `${1:app}` is the object's name too. Other kinds get
 * the fields that their schema requires.
 */
const bodies: Record<string, string> = {
  'v1/Pod': `spec:\n${indented(containers, 2)}`,
  'v1/Service': `spec:
  selector:
    app: \${1:app}
  ports:
    - name: http
      port: \${2:80}
      targetPort: \${3:http}
`,
  'v1/ConfigMap': `data:
  \${2:key}: \${3:value}
`,
  'v1/Secret': `stringData:
  \${2:key}: \${3:value}
`,
  'v1/Namespace': '',
  'v1/ServiceAccount': '',
  'v1/PersistentVolumeClaim': `spec:
  accessModes:
    - \${2:ReadWriteOnce}
  resources:
    requests:
      storage: \${3:1Gi}
`,
  'apps/v1/Deployment': `${selected('replicas: ${3:1}\n  ')}${indented(containers, 6)}`,
  'apps/v1/DaemonSet': `${selected('')}${indented(containers, 6)}`,
  'apps/v1/StatefulSet': `${selected('serviceName: ${1:app}\n  replicas: ${3:1}\n  ')}${indented(containers, 6)}`,
  'batch/v1/Job': `spec:
  template:
    spec:
      restartPolicy: \${3:Never}
${indented(containers, 6)}`,
  'batch/v1/CronJob': `spec:
  schedule: "\${3:0 3 * * *}"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: \${4:Never}
${indented(containers, 10)}`,
  'networking.k8s.io/v1/Ingress': `spec:
  rules:
    - host: \${2:example.com}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: \${1:app}
                port:
                  name: \${3:http}
`,
  'networking.k8s.io/v1/NetworkPolicy': `spec:
  podSelector:
    matchLabels:
      app: \${1:app}
  policyTypes:
    - Ingress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: \${2:client}
`,
  'autoscaling/v2/HorizontalPodAutoscaler': `spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: \${1:app}
  minReplicas: \${2:1}
  maxReplicas: \${3:5}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: \${4:80}
`,
  'policy/v1/PodDisruptionBudget': `spec:
  maxUnavailable: \${2:1}
  selector:
    matchLabels:
      app: \${1:app}
`,
  'rbac.authorization.k8s.io/v1/Role': `rules:
  - apiGroups: ["\${2}"]
    resources: ["\${3:pods}"]
    verbs: ["get", "list", "watch"]
`,
  'rbac.authorization.k8s.io/v1/ClusterRole': `rules:
  - apiGroups: ["\${2}"]
    resources: ["\${3:pods}"]
    verbs: ["get", "list", "watch"]
`,
  'rbac.authorization.k8s.io/v1/RoleBinding': `roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: \${2:Role}
  name: \${1:app}
subjects:
  - kind: ServiceAccount
    name: \${3:default}
    namespace: \${4:default}
`,
};

export interface Skeleton {
  apiVersion: string;
  kind: string;
  /** Snippet syntax, without indentation or line break at its end. */
  snippet: string;
}

export function skeletonOf({ apiVersion, kind, resource }: KindInfo): Skeleton {
  const body = bodies[`${apiVersion}/${kind}`] ?? requiredFields(resource.schema);
  const snippet = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: \${1:app}\n${body}`;
  return { apiVersion, kind, snippet: snippet.trimEnd() };
}

/** The kinds that are offered in an empty document; all others are found by their names. */
export function isCommon({ apiVersion, kind }: KindInfo): boolean {
  return bodies[`${apiVersion}/${kind}`] !== undefined;
}

/** Snippets for those who have none: with the placeholders' texts. */
export function plainText(snippet: string): string {
  return snippet.replaceAll(/\$\{\d+(?::([^}]*))?\}/g, (_, text: string | undefined) => text ?? '');
}

function requiredFields(schema: Schema): string {
  let stop = 1;
  const write = (at: Schema, indent: string, depth: number): string => {
    const { properties = {}, required = [] } = catalogue.resolve(at);
    const names = depth === 0 ? requiredAtRoot(properties, required) : required;
    return names.map((name) => field(name, properties[name] ?? {}, indent, depth)).join('');
  };
  const field = (name: string, property: Schema, indent: string, depth: number): string => {
    const { type, items, enum: values, properties } = catalogue.resolve(property);
    if (type === 'array' && items) {
      const item = write(items, `${indent}    `, depth + 1).trimStart();
      return `${indent}${name}:\n${indent}  - ${item || `\${${++stop}}\n`}`;
    }
    if (properties && depth < 8) {
      const inside = write(property, `${indent}  `, depth + 1);
      return inside ? `${indent}${name}:\n${inside}` : `${indent}${name}: {}\n`;
    }
    return `${indent}${name}: \${${++stop}${values ? `:${String(values[0])}` : ''}}\n`;
  };
  return write(schema, '', 0);
}

/** A spec is nearly always wanted, whether the schema says so or not. */
function requiredAtRoot(properties: Record<string, Schema>, required: readonly string[]): string[] {
  const names = Object.keys(properties).filter((name) => required.includes(name) || name === 'spec');
  return names.filter((name) => !['apiVersion', 'kind', 'metadata', 'status'].includes(name));
}
