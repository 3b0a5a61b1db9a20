import { registerChecks } from '../checks/register';
import type { FindingContext } from '../context';
import { registerHelmFindings } from '../helm/findings';
import { registerKustomizeFindings } from '../kustomize/findings';
import { registerLint } from '../lint/register';
import { registerApiFindings } from './api';

/** All that finds something in files, for a client and for the command line. A new source is added here alone. */
export const findingSources: readonly ((context: FindingContext) => void)[] = [
  registerApiFindings,
  registerChecks,
  registerLint,
  registerKustomizeFindings,
  registerHelmFindings,
];
