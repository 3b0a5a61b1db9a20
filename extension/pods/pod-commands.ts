import * as vscode from 'vscode';
import type { Service } from '../../runtime/api/kinds';
import { getObject, type ObjectRef } from '../../runtime/client/operations';
import { parsePortPair } from '../../runtime/client/pods/forward';
import type { Session } from '../clusters/session';
import type { Handler } from '../commands/register';
import { RefusedError } from '../errors';
import { askText, done } from '../objects/ask';
import { objectFor, podOwners } from '../objects/target';
import type { Workbench } from '../workbench';
import type { Forwards, OpenForward } from './forwards';
import { podOf, targetOf } from './pick';
import { shellTerminal } from './shell';
import { t } from '../words';

/** Into pods: a shell, forwards of ports. */
export function podCommands(workbench: Workbench, forwards: Forwards): Record<string, Handler> {
  return {
    'podium.shell': async (given?: unknown, command?: unknown) => {
      const words = Array.isArray(command) ? (command as string[]) : undefined;
      const terminal = vscode.window.createTerminal(await shellTerminal(workbench, given, words));
      terminal.show();
      return terminal;
    },
    'podium.forward': async (given?: unknown, ports?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, podOwners, t`Forward a Port`);
      const texts = Array.isArray(ports)
        ? (ports as unknown[]).map(String)
        : (await askPorts(session, ref)).split(/[\s,]+/).filter(Boolean);
      const entry = await forwards.start(session, targetOf(ref), texts.map(parsePortPair));
      offerBrowser(entry);
      return entry.forward.ports.map(({ local }) => local);
    },
    'podium.stopForward': async (given?: OpenForward) => {
      if (given) await forwards.stop(given.id);
      else for (const { id } of forwards.list()) await forwards.stop(id);
    },
    'podium.openForward': async (given?: OpenForward) => {
      const entry = given ?? forwards.list().at(-1);
      if (!entry) throw new RefusedError(t`No port is forwarded.`);
      await openInBrowser(entry);
    },
    'podium.copyForwardAddress': async (given?: OpenForward) => {
      const address = (given ?? forwards.list().at(-1))?.forward.ports[0]?.address;
      if (!address) throw new RefusedError(t`No port is forwarded.`);
      await vscode.env.clipboard.writeText(address);
      done(t`${address} copied`);
    },
    'podium.openInBrowser': async (given?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, podOwners, t`Open in Browser`);
      const [port] = await portsOf(session, ref);
      if (!port) throw new RefusedError(t`${ref.kind} ${ref.name} declares no port.`);
      await openInBrowser(await forwards.start(session, targetOf(ref), [parsePortPair(`:${port}`)]));
    },
  };
}

function offerBrowser(entry: OpenForward): void {
  const open = t`Open in Browser`;
  const addresses = entry.forward.ports.map(({ address, remote }) => `${address} → ${remote}`).join(', ');
  void vscode.window
    .showInformationMessage(t`Forwarding ${addresses} of ${entry.target.name}`, open, t`Stop`)
    .then((answer) => {
      if (answer === open) void vscode.commands.executeCommand('podium.openForward', entry);
      if (answer === 'Stop') void vscode.commands.executeCommand('podium.stopForward', entry);
    });
}

/** In a remote window the editor itself leads the port on to where the browser is. */
async function openInBrowser({ forward }: OpenForward): Promise<void> {
  const address = forward.ports[0]?.address;
  await vscode.env.openExternal(vscode.Uri.parse(`http://${address}`));
}

async function askPorts(session: Session, ref: ObjectRef): Promise<string> {
  const known = await portsOf(session, ref);
  return askText({
    title: t`Forward Ports of ${ref.name}`,
    prompt: t`LOCAL:REMOTE, or :REMOTE for any free local port; several with blanks between`,
    value: known.length > 0 ? known.map((port) => `:${port}`).join(' ') : '',
    problem: (text) => {
      try {
        for (const part of text.split(/[\s,]+/).filter(Boolean)) parsePortPair(part);
        return text.trim() ? undefined : t`At least one port.`;
      } catch (error) {
        return (error as Error).message;
      }
    },
  });
}

/** The ports that an object says it has. */
async function portsOf(session: Session, ref: ObjectRef): Promise<number[]> {
  if (ref.kind === 'Service') {
    const { spec } = await getObject<Service>(session.client, ref);
    return (spec?.ports ?? []).map(({ port }) => port);
  }
  const pod = await podOf(session, ref, { ask: false, title: '' });
  return (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}
