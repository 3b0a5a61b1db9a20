// Goes a person's way step by step, in the page of a workbench, and tells how each step went.
import assert from 'node:assert/strict';
import { join } from 'node:path';

export const startMs = 60_000;
export const stepMs = 20_000;

/** Each step, `[name, run(page, picture, around)]`, is one test; what follows a step that failed is not tried and fails too. */
export async function walk(steps, { workbench, rig, artifacts }) {
  const { page } = workbench;
  const results = { passed: 0, failed: 0 };
  let broken = false;
  for (const [name, step] of steps) {
    try {
      assert.ok(!broken, 'a step before it failed');
      const picture = (title, of = page) => of.screenshot({ path: join(artifacts, `${title}.png`) });
      await step(page, picture, { workbench, rig });
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

export const seen = (locator, timeout = stepMs) => locator.waitFor({ state: 'visible', timeout });
export const row = (page, text) => page.locator('.pane-body .monaco-list-row', { hasText: text }).first();
/** The button of a row, which is there while the pointer is on the row. */
export const press = async (page, text, button) => {
  await row(page, text).hover();
  await row(page, text).locator(`.action-label[aria-label^="${button}"]`).click({ timeout: stepMs });
};
export const openView = (page) =>
  page.locator('.activitybar .action-label[aria-label^="Podium"]').click({ timeout: startMs });
