// Windows that share a cluster: each is a page of the browser, with an extension host of its own.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openView, row, seen, startMs, stepMs } from '../walk.mjs';

/** The grace of a minute that a window has to load again, and what stopping takes. */
const endMs = 90_000;

let other;

const button = (page, text) => page.locator('.monaco-button', { hasText: text }).first();
const ready = (page) => seen(row(page, /node-3.*Ready/), startMs);

async function closeWindow(page) {
  await page.goto('about:blank');
  await page.close();
}

function status(rig) {
  const { status: code, stdout } = rig.podium('status', '--name', rig.cluster, '-o', 'json');
  return code === 0 ? JSON.parse(stdout) : undefined;
}

async function deployByPalette(page) {
  await page.keyboard.press('Control+P');
  await seen(page.locator('.quick-input-widget'));
  await page.keyboard.type('web.yaml');
  await seen(page.locator('.quick-input-list .monaco-list-row', { hasText: 'web.yaml' }).first());
  await page.keyboard.press('Enter');
  await page.locator('.editor-actions .action-label[aria-label^="Deploy"]').click({ timeout: stepMs });
  await seen(page.locator('.notification-list-item', { hasText: 'Deployed Deployment web, Service web' }).first());
}

async function untilStopped(rig) {
  for (const end = Date.now() + endMs; Date.now() < end; await sleep(1000)) if (!status(rig)?.pid) return;
  throw new Error('the cluster goes on');
}

export const twoWindows = [
  [
    'start one cluster, when both are asked to at once',
    async (page, picture, { workbench, rig }) => {
      other = await workbench.openAnother();
      for (const each of [page, other]) {
        await openView(each);
        await seen(button(each, 'Start Cluster'));
      }
      await Promise.all([page, other].map((each) => button(each, 'Start Cluster').click()));
      await Promise.all([page, other].map(ready));
      assert.equal(status(rig).nodes.length, 3);
      for (const each of [page, other])
        assert.equal(await each.locator('.notification-list-item .codicon-error').count(), 0, 'a window tells of a failure');
      await picture('windows-one');
      await picture('windows-other', other);
    },
  ],
  [
    'deploy the same manifest at once, and both see its pods',
    async (page, _picture, { rig }) => {
      await Promise.all([page, other].map(deployByPalette));
      for (const each of [page, other]) {
        await row(each, /^Pods/).click();
        await seen(row(each, /web-.*Running/));
      }
      const pods = rig.podium('get', 'pods', '--name', rig.cluster).stdout;
      assert.equal(pods.match(/^web-/gm)?.length, 2, pods);
    },
  ],
  [
    'tell of it when the other one stops the cluster, and when it runs again',
    async (page) => {
      await row(other, /editor-\d+v1/).hover();
      await row(other, /editor-\d+v1/).locator('.action-label[aria-label^="Stop Cluster"]').click({ timeout: stepMs });
      await other.locator('.monaco-dialog-box .monaco-button', { hasText: 'Keep' }).click();
      await seen(row(page, /editor-\d+stopped/));
      await row(page, /editor-\d+stopped/).hover();
      await row(page, /editor-\d+stopped/).locator('.action-label[aria-label^="Start Cluster"]').click({ timeout: stepMs });
      await Promise.all([page, other].map(ready));
    },
  ],
  [
    'leave the cluster to the one that stays',
    async (page, _picture, { rig }) => {
      await closeWindow(other);
      await sleep(3000);
      assert.equal(status(rig)?.phase, 'ready');
      await ready(page);
    },
  ],
  [
    'leave it running when the last is closed, as the setting says unless told',
    async (page, _picture, { rig }) => {
      await page.goto('about:blank');
      await sleep(5000);
      assert.equal(status(rig)?.phase, 'ready');
    },
  ],
];

export const lastWindow = [
  [
    'starts a cluster, which another window opens too',
    async (page, _picture, { workbench }) => {
      await openView(page);
      await button(page, 'Start Cluster').click({ timeout: startMs });
      await ready(page);
      other = await workbench.openAnother();
      await openView(other);
      await ready(other);
    },
  ],
  [
    'is not the one that is closed first',
    async (page, _picture, { rig }) => {
      await closeWindow(other);
      await sleep(endMs - 20_000);
      assert.equal(status(rig)?.phase, 'ready');
      await ready(page);
    },
  ],
  [
    'may be loaded again',
    async (page, _picture, { rig }) => {
      const { pid } = status(rig);
      await page.reload();
      await openView(page).catch(() => {});
      await ready(page);
      assert.equal(status(rig).pid, pid);
    },
  ],
  [
    'ends the cluster a minute after it was closed, and keeps its objects',
    async (page, _picture, { rig }) => {
      assert.equal(rig.podium('apply', '-f', 'test/editor/workspace/web.yaml', '--name', rig.cluster).status, 0);
      await page.goto('about:blank');
      await untilStopped(rig);
      assert.equal(rig.podium('up', '--wait', '--name', rig.cluster).status, 0);
      assert.match(rig.podium('get', 'deployments', '--name', rig.cluster).stdout, /^web /m);
    },
  ],
];
