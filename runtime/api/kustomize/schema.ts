import type { Schema } from '../schema';

/** The fields of a kustomization, for checks, completion and hovers: kustomize has no schema of its own to read. */

const string = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
const boolean = (description: string): Schema => ({ type: 'boolean', description });
const integer = (description: string): Schema => ({ type: 'integer', description });
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description });
const strings = (description: string): Schema => list({ type: 'string' }, description);
const map = (description: string): Schema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
});
const object = (properties: Record<string, Schema>, description = '', required?: string[]): Schema => ({
  type: 'object',
  properties,
  description,
  ...(required && { required }),
});
const described = (schema: Schema, description: string): Schema => ({ ...schema, description });

const gvk: Record<string, Schema> = {
  group: string('API group, empty for the core group.'),
  version: string('API version.'),
  kind: string('Kind of the object.'),
};

const fieldSpec = object(
  {
    path: string('Path of the field, with `/` between its steps and `[]` after a list.'),
    create: boolean('Make the field where it is missing.'),
    ...gvk,
  },
  'A field of all objects, or of those of a kind.',
  ['path'],
);

const selector = object(
  {
    group: string('API group, as a regular expression.'),
    version: string('API version, as a regular expression.'),
    kind: string('Kind, as a regular expression.'),
    name: string('Name, before or after the changes of this build, as a regular expression.'),
    namespace: string('Namespace, before or after the changes of this build, as a regular expression.'),
    labelSelector: string('Label selector: `app=web,tier in (a, b)`.'),
    annotationSelector: string('Selector over annotations, in the form of a label selector.'),
  },
  'Which objects are meant: those that fit all that is given.',
);

const patch = object(
  {
    path: string('File with the patch: a strategic merge patch or a list of JSON patch operations.'),
    patch: string('The patch itself.'),
    target: described(
      selector,
      'Objects to patch. A strategic merge patch without a target is for the object that it names.',
    ),
    options: object(
      {
        allowNameChange: boolean('The patch may change the name.'),
        allowKindChange: boolean('The patch may change the kind.'),
      },
      'What the patch may do beyond changing fields.',
    ),
  },
  'A change of one or more objects.',
);

const generatorOptions = object(
  {
    labels: map('Labels of what is generated.'),
    annotations: map('Annotations of what is generated.'),
    disableNameSuffixHash: boolean('Leave out the hash of the content behind the name.'),
    immutable: boolean('Generate immutable objects.'),
  },
  'How ConfigMaps and Secrets are generated.',
);

const generator = (kind: string): Record<string, Schema> => ({
  name: string(`Name of the ${kind}, before prefix, suffix and hash.`),
  namespace: string(`Namespace of the ${kind}.`),
  behavior: string(`What to do with a ${kind} of that name: a base may have one to merge with or to replace.`, {
    enum: ['create', 'merge', 'replace'],
    default: 'create',
  }),
  literals: strings('Entries as `key=value`.'),
  files: strings('Files whose content becomes an entry: `file`, or `key=file`.'),
  envs: strings('Files of lines `key=value`.'),
  env: string('Deprecated: use `envs`.'),
  options: described(generatorOptions, 'Options of this one; they win over `generatorOptions`.'),
});

const fieldOptions = object(
  {
    delimiter: string('Split the value at this and take or set one part.'),
    index: integer('Which part, from 0; as a target, one below 0 or beyond the end adds a part.'),
    create: boolean('Make the field where it is missing.'),
  },
  'How a value is taken or set.',
);

const sourceSelector = object(
  {
    ...gvk,
    name: string('Name of the object.'),
    namespace: string('Namespace of the object.'),
    fieldPath: string('Field with the value: `spec.template.spec.containers.0.image`.', { default: 'metadata.name' }),
    options: described(fieldOptions, 'Which part of the value.'),
  },
  'The one field that the value comes from.',
);

const idSelector = object(
  {
    ...gvk,
    name: string('Name of the object.'),
    namespace: string('Namespace of the object.'),
    labelSelector: string('Label selector.'),
    annotationSelector: string('Selector over annotations.'),
  },
  'Objects by what they are called; what is left out fits all.',
);

const replacement = object(
  {
    path: string('File with the replacement, or a list of them.'),
    source: described(sourceSelector, 'The one field that the value comes from.'),
    sourceValue: string('The value itself, instead of a source.'),
    targets: list(
      object({
        select: described(idSelector, 'Objects to change.'),
        reject: list(idSelector, 'Objects to leave alone although they are selected.'),
        fieldPaths: strings('Fields to set; `[name=web]` picks an element, `*` takes all.'),
        options: described(fieldOptions, 'Which part of the value.'),
      }),
      'Where the value goes.',
    ),
  },
  'A value that is copied from one field to others.',
);

const image = object(
  {
    name: string('Name of the image as the manifests have it, without tag.'),
    newName: string('Another name.'),
    newTag: string('Another tag, instead of tag and digest.'),
    tagSuffix: string('Text behind the tag.'),
    digest: string('A digest, instead of the tag: `sha256:…`.'),
  },
  'Another name, tag or digest for an image.',
  ['name'],
);

const variable = object(
  {
    name: string('Name, written as `$(NAME)`.'),
    objref: object(
      { apiVersion: string('API version.'), ...gvk, name: string('Name.'), namespace: string('Namespace.') },
      'The object that has the value.',
    ),
    fieldref: object(
      { fieldpath: string('The field: `spec.ports[0].port`.'), fieldPath: string('The field.') },
      'The field with the value.',
    ),
  },
  'A value by name.',
  ['name', 'objref'],
);

const label = object(
  {
    pairs: map('The labels.'),
    includeSelectors: boolean('Set them in selectors and templates too.'),
    includeTemplates: boolean('Set them in templates too.'),
    fields: list(fieldSpec, 'More fields to set them in.'),
    fieldSpecs: list(fieldSpec, 'More fields to set them in.'),
  },
  'Labels for all objects.',
);

const open = (description: string): Schema => ({
  type: 'object',
  description,
  'x-kubernetes-preserve-unknown-fields': true,
});

export const kustomizationSchema: Schema = object(
  {
    apiVersion: string('`kustomize.config.k8s.io/v1beta1`, or `v1alpha1` for a Component.', {
      enum: ['kustomize.config.k8s.io/v1beta1', 'kustomize.config.k8s.io/v1alpha1'],
    }),
    kind: string('A Kustomization is built by itself, a Component only changes what another has.', {
      enum: ['Kustomization', 'Component'],
    }),
    metadata: open('Metadata of the kustomization itself; nothing of it reaches the objects.'),
    resources: strings('Files with objects, and folders with kustomizations, in order.'),
    components: strings('Folders with components, which are applied after the resources.'),
    bases: strings('Deprecated: use `resources`.'),
    namespace: string('Namespace of all objects.'),
    namePrefix: string('Text before every name. References follow.'),
    nameSuffix: string('Text behind every name. References follow.'),
    commonLabels: map('Deprecated: use `labels`. Labels for all objects, their templates and selectors.'),
    labels: list(label, 'Labels for all objects and, where told so, their templates and selectors.'),
    commonAnnotations: map('Annotations for all objects and their templates.'),
    patches: list(patch, 'Strategic merge patches and JSON patches.'),
    patchesStrategicMerge: strings(
      'Deprecated: use `patches`. Files with strategic merge patches, or the patches themselves.',
    ),
    patchesJson6902: list(patch, 'Deprecated: use `patches`. JSON patches.'),
    images: list(image, 'Names, tags and digests of images.'),
    imageTags: list(image, 'Deprecated: use `images`.'),
    replicas: list(
      object({ name: string('Name of the workload.'), count: integer('How many pods.') }, '', ['name', 'count']),
      'Numbers of replicas of workloads.',
    ),
    replacements: list(replacement, 'Values that are copied from one field to others.'),
    vars: list(variable, 'Deprecated: use `replacements`. Values that stand where `$(NAME)` is written.'),
    configMapGenerator: list(
      object(generator('ConfigMap'), 'A ConfigMap made of files and literals.'),
      'ConfigMaps made of files and literals.',
    ),
    secretGenerator: list(
      object(
        { ...generator('Secret'), type: string('Type of the Secret.', { default: 'Opaque' }) },
        'A Secret made of files and literals.',
      ),
      'Secrets made of files and literals.',
    ),
    generatorOptions: described(generatorOptions, 'Options of all generators.'),
    crds: strings(
      'Files with OpenAPI definitions of custom kinds: which of their fields are names, labels or annotations.',
    ),
    configurations: strings('Files that say in which fields names, labels, images … are.'),
    openapi: object(
      { version: string('Version of the built-in schema.'), path: string('File with an OpenAPI schema.') },
      'The schema by which lists are merged.',
    ),
    generators: strings('Files with configurations of generators.'),
    transformers: strings('Files with configurations of transformers.'),
    validators: strings('Files with configurations of validators.'),
    helmGlobals: open('Options for all Helm charts.'),
    helmCharts: list(open('A chart to render.'), 'Helm charts to render. Needs helm.'),
    helmChartInflationGenerator: list(open('A chart to render.'), 'Deprecated: use `helmCharts`.'),
    inventory: open('Not used any more.'),
    sortOptions: object(
      {
        order: string('`legacy` sorts by kind, `fifo` keeps the order of the resources.', { enum: ['legacy', 'fifo'] }),
        legacySortOptions: object(
          { orderFirst: strings('Kinds that come first.'), orderLast: strings('Kinds that come last.') },
          'Order of kinds.',
        ),
      },
      'Order of what is printed.',
    ),
    buildMetadata: list(
      { type: 'string', enum: ['originAnnotations', 'transformerAnnotations', 'managedByLabel'] },
      'What is noted down in the objects about the build.',
    ),
  },
  'How objects are put together and changed.',
);
