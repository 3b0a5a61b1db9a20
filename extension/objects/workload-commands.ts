import * as vscode from 'vscode';
import { toYaml } from '../../runtime/api/yaml';
import {
  getObject,
  imagesOf,
  nameOf,
  type ObjectRef,
  restart,
  type Revision,
  revisionsOf,
  rollBack,
  scale,
  setImage,
  setLabels,
} from '../../runtime/client/operations';
import type { Session } from '../clusters/session';
import type { Handler } from '../commands/register';
import { RefusedError } from '../errors';
import { withProgress, type Workbench } from '../workbench';
import { askOne, askText, done, wholeNumberProblem } from './ask';
import { showComparison } from './snapshots';
import { objectFor, objectsFor, podOwners, rolloutTargets, scaleTargets } from './target';

/** Of workloads: what changes their number, their image, their revision. Each takes its answers as arguments, or asks. */
export function workloadCommands(workbench: Workbench): Record<string, Handler> {
  return {
    'podium.scale': async (given?: unknown, replicas?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, scaleTargets, 'Scale');
      const wanted = typeof replicas === 'number' ? replicas : await askReplicas(session, ref);
      const before = await scale(session.client, ref, wanted);
      done(`${ref.name}: ${before} → ${wanted}`);
    },
    'podium.restart': async (given?: unknown, selected?: unknown) => {
      const { session, refs } = await objectsFor(workbench, given, selected, rolloutTargets, 'Restart');
      for (const ref of refs) await restart(session.client, ref, Date.now());
      done(`Restarting ${refs.map(({ name }) => name).join(', ')}`);
    },
    'podium.rollBack': async (given?: unknown, revision?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, rolloutTargets, 'Roll Back');
      const chosen = typeof revision === 'number' ? revision : await askRevision(session, ref);
      await withProgress(
        `Rolling ${ref.name} back to revision ${chosen}`,
        () => rollBack(session.client, ref, chosen),
        false,
      );
      done(`${ref.name} goes back to revision ${chosen}`);
    },
    'podium.compareRevisions': async (given?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, rolloutTargets, 'Compare Revisions');
      await compareWithCurrent(ref, await otherRevisions(session, ref));
    },
    'podium.setImage': async (given?: unknown, container?: unknown, image?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, podOwners, 'Set Image');
      const asked = await imagesOf(session.client, ref);
      const items = asked.map((each) => ({ label: each.container, description: each.image, value: each.container }));
      const name =
        typeof container === 'string' ? container : await askOne(items, `Set Image of ${ref.name}`, 'Container');
      const present = asked.find((each) => each.container === name)?.image ?? '';
      const value =
        typeof image === 'string'
          ? image
          : await askText({
              title: `Set Image of ${ref.name}`,
              prompt: `Image of container ${name}`,
              value: present,
              problem: (text) => (text.trim() ? undefined : 'An image, like nginx:1.29.'),
            });
      await setImage(session.client, ref, name, value.trim());
      done(`${ref.name}/${name}: ${value}`);
    },
    'podium.label': async (given?: unknown, labels?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, undefined, 'Label');
      const changes = isLabels(labels) ? labels : parseLabels(await askLabels(session, ref));
      await setLabels(session.client, ref, changes);
      done(`Labelled ${ref.name}`);
    },
  };
}

async function askReplicas(session: Session, ref: ObjectRef): Promise<number> {
  const { spec } = (await getObject<{ metadata: object; spec?: { replicas?: number } } & object>(
    session.client,
    ref,
  )) as { spec?: { replicas?: number } };
  const answer = await askText({
    title: `Scale ${ref.name}`,
    prompt: 'Number of pods',
    value: String(spec?.replicas ?? 1),
    problem: wholeNumberProblem,
  });
  return Number(answer);
}

async function otherRevisions({ client }: Session, ref: ObjectRef): Promise<[Revision, Revision]> {
  const revisions = await revisionsOf(client, ref);
  const current = revisions.find((revision) => revision.current);
  const others = revisions.filter((revision) => revision !== current);
  if (!current || others.length === 0) throw new RefusedError(`${nameOf(ref)} keeps no earlier revision.`);
  const items = others.map((revision) => ({
    label: `Revision ${revision.number}`,
    ...describe(revision),
    value: revision,
  }));
  return [await askOne(items, `Revisions of ${ref.name}`, 'Compare with what runs now'), current];
}

/** Chooses a revision with its difference to what runs in view. */
async function askRevision(session: Session, ref: ObjectRef): Promise<number> {
  const [chosen, current] = await otherRevisions(session, ref);
  await compareWithCurrent(ref, [chosen, current]);
  const action = `Roll Back to ${chosen.number}`;
  const answer = await vscode.window.showInformationMessage(
    `${ref.name}: revision ${chosen.number} beside what runs now.`,
    action,
  );
  if (answer !== action) throw new RefusedError(`${ref.name} was left as it is.`);
  return chosen.number;
}

async function compareWithCurrent(ref: ObjectRef, [other, current]: [Revision, Revision]): Promise<void> {
  await showComparison(
    { name: `${ref.name} (revision ${current.number}, runs now).yaml`, text: toYaml(current.template) },
    { name: `${ref.name} (revision ${other.number}).yaml`, text: toYaml(other.template) },
    `${ref.name}: now ↔ revision ${other.number}`,
  );
}

function describe({ created, changeCause, template }: Revision): { description: string; detail: string } {
  const images = (template.spec?.containers ?? []).map(({ image }) => image).join(', ');
  return { description: new Date(created).toLocaleString(), detail: [images, changeCause].filter(Boolean).join(' · ') };
}

async function askLabels({ client }: Session, ref: ObjectRef): Promise<string> {
  const { metadata } = await getObject(client, ref);
  const present = Object.entries(metadata.labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  return askText({
    title: `Label ${ref.name}`,
    prompt: `key=value sets a label, key- removes it. Now: ${present || 'none'}`,
    problem: (text) =>
      /^\s*[^\s=,]+(=[^\s,]*|-)(\s*,\s*[^\s=,]+(=[^\s,]*|-))*\s*$/.test(text)
        ? undefined
        : 'Like tier=backend, or old- to remove one.',
  });
}

/** `a=b, c-` */
function parseLabels(text: string): Record<string, string | null> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [key = '', value] = part.trim().split('=');
      return value === undefined ? [key.replace(/-$/, ''), null] : [key, value];
    }),
  );
}

function isLabels(value: unknown): value is Record<string, string | null> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => each === null || typeof each === 'string')
  );
}
