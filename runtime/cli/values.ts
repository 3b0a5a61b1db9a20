import { InvalidArgumentError } from 'commander';

/** Values of options. Throw what commander turns into `argument 'x' is invalid`. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('not a whole number.');
  return value;
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('not a number of seconds above zero.');
  return value;
}
