import { inflateRawSync } from 'node:zlib';
import { descriptions } from '../generated/descriptions';

interface Texts {
  definitions: Record<string, readonly [description: string, fields: Record<string, string>]>;
  parameters: Record<string, string>;
}

let inflated: Texts | undefined;

/** What Kubernetes says of its types and parameters. Inflated at first use, which takes some milliseconds, and kept. */
export function texts(): Texts {
  return (inflated ??= JSON.parse(inflateRawSync(Buffer.from(descriptions, 'base64')).toString('utf8')) as Texts);
}

export const describeType = (definition: string): string => texts().definitions[definition]?.[0] ?? '';

export const describeField = (definition: string, field: string): string =>
  texts().definitions[definition]?.[1][field] ?? '';

/** Of a parameter; those of connecting operations are looked up by the operation too, since `stdin` of exec is not that of attach. */
export function describeParameter(name: string, operation: string): string {
  const { parameters } = texts();
  return parameters[`${operation}.${name}`] ?? parameters[name] ?? parameters[`_${name}`] ?? '';
}
