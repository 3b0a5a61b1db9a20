// A person's way through the extension, by mouse and keyboard: what the suite inside the extension host can't do, since
// the workbench shows no dialogs to tests.
import { openView, press, row, seen, startMs, stepMs } from '../walk.mjs';

const cluster = /editor-\d+v1/;

/** Each step is one test. */
export const steps = [
  [
    'finds the view and starts a cluster by its button',
    async (page, picture) => {
      await openView(page);
      await page.locator('.monaco-button', { hasText: 'Start Cluster' }).first().click({ timeout: stepMs });
      await seen(row(page, /node-3.*Ready/), startMs);
      await picture('walk-started');
    },
  ],
  [
    'opens a manifest and deploys it by the icon of its editor',
    async (page, picture) => {
      await page.keyboard.press('Control+P');
      await seen(page.locator('.quick-input-widget'));
      await page.keyboard.type('web.yaml');
      await seen(page.locator('.quick-input-list .monaco-list-row', { hasText: 'web.yaml' }).first());
      await page.keyboard.press('Enter');
      await page
        .locator('.editor-actions .action-label[aria-label^="Deploy"]')
        .click({ timeout: stepMs });
      await seen(page.locator('.notification-list-item', { hasText: 'Deployed Deployment web, Service web' }).first());
      await row(page, /^Pods/).click();
      await seen(row(page, /web-.*Running/));
      await picture('walk-deployed');
    },
  ],
  [
    'is offered fields while typing, and takes one',
    async (page, picture) => {
      await page.locator('.monaco-editor .view-line', { hasText: 'targetPort' }).click();
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.keyboard.type('app');
      await seen(page.locator('.suggest-widget .monaco-list-row', { hasText: 'appProtocol' }));
      await picture('walk-suggestions');
      await page.keyboard.press('Enter');
      await seen(page.locator('.monaco-editor .view-line', { hasText: 'appProtocol:' }));
    },
  ],
  [
    'is shown what is wrong while typing',
    async (page, picture) => {
      await page.keyboard.type('http');
      await page.locator('.monaco-editor .view-line', { hasText: 'replicas' }).click();
      await page.keyboard.press('End');
      await page.keyboard.type('x');
      await seen(page.locator('.squiggly-error').first());
      await page.locator('.monaco-editor .view-line span', { hasText: '2x' }).last().hover();
      await seen(page.locator('.monaco-hover', { hasText: 'json: cannot unmarshal string' }).first());
      await picture('walk-finding');
    },
  ],
  [
    'is asked before the cluster is stopped, and can say no',
    async (page, picture) => {
      await press(page, cluster, 'Stop Cluster');
      const dialog = page.locator('.monaco-dialog-box');
      await seen(dialog);
      await picture('walk-question');
      await dialog.locator('.monaco-button', { hasText: 'Cancel' }).click();
      await seen(row(page, /node-3.*Ready/));
    },
  ],
  [
    'removes the cluster, and is offered a new one',
    async (page) => {
      await press(page, cluster, 'Stop Cluster');
      await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Remove' }).click();
      await seen(page.locator('.monaco-button', { hasText: 'Start Cluster' }).first());
    },
  ],
];
