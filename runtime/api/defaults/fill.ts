/** Sets a field that is absent; what is there, be it empty, stays. */
export function fill<T, K extends keyof T>(object: T, field: K, value: NonNullable<T[K]>): void {
  if (object[field] === undefined) object[field] = value;
}

/** The same for a field that Go has no pointer for: empty is absent. */
export function fillEmpty<T, K extends keyof T>(object: T, field: K, value: NonNullable<T[K]>): void {
  if (!object[field]) object[field] = value;
}

/** The field's object, made where it is absent. */
export function ensure<T, K extends keyof T>(object: T, field: K, make: () => NonNullable<T[K]>): NonNullable<T[K]> {
  return (object[field] ??= make());
}

export const isEmptyMap = (map: object | undefined): boolean => map === undefined || Object.keys(map).length === 0;
