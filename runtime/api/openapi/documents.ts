/** The parts of an OpenAPI document that this folder writes; JSON all of it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type Flavour = 'v2' | 'v3';

export const refPrefix = { v2: '#/definitions/', v3: '#/components/schemas/' } as const;
const machinery = 'io.k8s.apimachinery.pkg';
export const meta = `${machinery}.apis.meta.v1`;

/** Formats of the catalogue that stand for a definition of their own. */
export const definitionOfFormat: Record<string, string> = {
  quantity: `${machinery}.api.resource.Quantity`,
  'date-time': `${meta}.Time`,
  'micro-time': `${meta}.MicroTime`,
  'int-or-string': `${machinery}.util.intstr.IntOrString`,
};
