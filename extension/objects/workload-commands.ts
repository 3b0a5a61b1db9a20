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
import { t } from '../words';

/** Of workloads: what changes their number, their image, their revision. Each takes its answers as arguments, or asks. */
export function workloadCommands(workbench: Workbench): Record<string, Handler> {
  return {
    'podium.scale': async (given?: unknown, replicas?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, scaleTargets, t`Scale`);
      const wanted = typeof replicas === 'number' ? replicas : await askReplicas(session, ref);
      const before = await scale(session.client, ref, wanted);
      done(`${ref.name}: ${before} → ${wanted}`);
    },
    'podium.restart': async (given?: unknown, selected?: unknown) => {
      const { session, refs } = await objectsFor(workbench, given, selected, rolloutTargets, t`Restart`);
      for (const ref of refs) await restart(session.client, ref, Date.now());
      done(t`Restarting ${refs.map(({ name }) => name).join(', ')}`);
    },
    'podium.rollBack': async (given?: unknown, revision?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, rolloutTargets, t`Roll Back`);
      const chosen = typeof revision === 'number' ? revision : await askRevision(session, ref);
      await withProgress(
        t`Rolling ${ref.name} back to revision ${chosen}`,
        () => rollBack(session.client, ref, chosen),
        false,
      );
      done(t`${ref.name} goes back to revision ${chosen}`);
    },
    'podium.compareRevisions': async (given?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, rolloutTargets, t`Compare Revisions`);
      await compareWithCurrent(ref, await otherRevisions(session, ref));
    },
    'podium.setImage': async (given?: unknown, container?: unknown, image?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, podOwners, t`Set Image`);
      const asked = await imagesOf(session.client, ref);
      const items = asked.map((each) => ({ label: each.container, description: each.image, value: each.container }));
      const name =
        typeof container === 'string' ? container : await askOne(items, t`Set Image of ${ref.name}`, t`Container`);
      const present = asked.find((each) => each.container === name)?.image ?? '';
      const value =
        typeof image === 'string'
          ? image
          : await askText({
              title: t`Set Image of ${ref.name}`,
              prompt: t`Image of container ${name}`,
              value: present,
              problem: (text) => (text.trim() ? undefined : t`An image, like nginx:1.29.`),
            });
      await setImage(session.client, ref, name, value.trim());
      done(`${ref.name}/${name}: ${value}`);
    },
    'podium.label': async (given?: unknown, labels?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, undefined, t`Label`);
      const changes = isLabels(labels) ? labels : parseLabels(await askLabels(session, ref));
      await setLabels(session.client, ref, changes);
      done(t`Labelled ${ref.name}`);
    },
  };
}

async function askReplicas(session: Session, ref: ObjectRef): Promise<number> {
  const { spec } = (await getObject<{ metadata: object; spec?: { replicas?: number } } & object>(
    session.client,
    ref,
  )) as { spec?: { replicas?: number } };
  const answer = await askText({
    title: t`Scale ${ref.name}`,
    prompt: t`Number of pods`,
    value: String(spec?.replicas ?? 1),
    problem: wholeNumberProblem,
  });
  return Number(answer);
}

async function otherRevisions({ client }: Session, ref: ObjectRef): Promise<[Revision, Revision]> {
  const revisions = await revisionsOf(client, ref);
  const current = revisions.find((revision) => revision.current);
  const others = revisions.filter((revision) => revision !== current);
  if (!current || others.length === 0) throw new RefusedError(t`${nameOf(ref)} keeps no earlier revision.`);
  const items = others.map((revision) => ({
    label: t`Revision ${revision.number}`,
    ...describe(revision),
    value: revision,
  }));
  return [await askOne(items, t`Revisions of ${ref.name}`, t`Compare with what runs now`), current];
}

/** Chooses a revision with its difference to what runs in view. */
async function askRevision(session: Session, ref: ObjectRef): Promise<number> {
  const [chosen, current] = await otherRevisions(session, ref);
  await compareWithCurrent(ref, [chosen, current]);
  const action = t`Roll Back to ${chosen.number}`;
  const answer = await vscode.window.showInformationMessage(
    t`${ref.name}: revision ${chosen.number} beside what runs now.`,
    action,
  );
  if (answer !== action) throw new RefusedError(t`${ref.name} was left as it is.`);
  return chosen.number;
}

async function compareWithCurrent(ref: ObjectRef, [other, current]: [Revision, Revision]): Promise<void> {
  await showComparison(
    { name: `${t`${ref.name} (revision ${current.number}, runs now)`}.yaml`, text: toYaml(current.template) },
    { name: `${t`${ref.name} (revision ${other.number})`}.yaml`, text: toYaml(other.template) },
    t`${ref.name}: now ↔ revision ${other.number}`,
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
    title: t`Label ${ref.name}`,
    prompt: t`key=value sets a label, key- removes it. Now: ${present || '–'}`,
    problem: (text) =>
      /^\s*[^\s=,]+(=[^\s,]*|-)(\s*,\s*[^\s=,]+(=[^\s,]*|-))*\s*$/.test(text)
        ? undefined
        : t`Like tier=backend, or old- to remove one.`,
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
