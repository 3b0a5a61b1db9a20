// The words of the extension where the editor speaks German; what the workbench itself says stays English here.
import assert from 'node:assert/strict';
import { openView, row, seen, startMs } from '../walk.mjs';

export const steps = [
  [
    'is greeted in German, and starts a cluster',
    async (page, picture) => {
      await openView(page);
      await seen(page.locator('.pane-header', { hasText: 'Ressourcen' }));
      await page.locator('.monaco-button', { hasText: 'Cluster starten' }).first().click();
      await seen(row(page, /Speicher/), startMs);
      await picture('german-trees');
    },
  ],
  [
    'finds the commands under their German names',
    async (page, picture) => {
      await page.keyboard.press('F1');
      await seen(page.locator('.quick-input-widget'));
      await page.keyboard.type('Podium: Karte der');
      await seen(page.locator('.quick-input-list .monaco-list-row', { hasText: 'Karte der Nodes anzeigen' }).first());
      await picture('german-commands');
      await page.keyboard.press('Enter');
    },
  ],
  [
    'reads German in a view',
    async (page, picture) => {
      const view = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
      await seen(view.locator('#summary', { hasText: '3 Nodes' }));
      assert.match(await view.locator('header').innerText(), /bereit[\s\S]*startet[\s\S]*scheitert/);
      assert.equal(await view.locator('html').getAttribute('lang'), 'de');
      await picture('german-view');
    },
  ],
];
