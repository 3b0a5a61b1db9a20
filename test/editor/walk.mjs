// A person's way through the extension, by mouse and keyboard: what the suite inside the extension host can't do, since
// the workbench shows no dialogs to tests. Each step is one test.
import assert from 'node:assert/strict';
import { join } from 'node:path';

const startMs = 60_000;
const stepMs = 20_000;

/** Walks the whole way and tells how each step went; what follows a step that failed is not tried and fails too. */
export async function walk(page, artifacts) {
  const results = { passed: 0, failed: 0 };
  let broken = false;
  for (const [name, step] of steps) {
    try {
      assert.ok(!broken, 'a step before it failed');
      await step(page, (picture) => page.screenshot({ path: join(artifacts, `${picture}.png`) }));
      results.passed++;
      console.log(`    ✔ ${name}`);
    } catch (error) {
      results.failed++;
      if (!broken) await page.screenshot({ path: join(artifacts, 'walk-failure.png') });
      broken = true;
      console.log(`    ✖ ${name}\n${error.message}`);
    }
  }
  return results;
}

const row = (page, text) => page.locator('.pane-body .monaco-list-row', { hasText: text }).first();
/** The button of a row, which is there while the pointer is on the row. */
const press = async (page, text, button) => {
  await row(page, text).hover();
  await row(page, text).locator(`.action-label[aria-label^="${button}"]`).click({ timeout: stepMs });
};
const cluster = /editor-\d+v1/;
const seen = (locator, timeout = stepMs) => locator.waitFor({ state: 'visible', timeout });

const steps = [
  [
    'finds the view and starts a cluster by its button',
    async (page, picture) => {
      await page.locator('.activitybar .action-label[aria-label^="Podium"]').click({ timeout: startMs });
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
