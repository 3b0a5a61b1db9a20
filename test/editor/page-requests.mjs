// What the suite inside the extension host asks of the page around it: clicks, keys, what is to be read, pictures.
import { join } from 'node:path';

const patienceMs = 5000;

/** Does what is asked, in this order, and tells what was read. */
export async function answer({ page }, request, artifacts) {
  const { click, focus, press, type, text, measure, screenshot } = request;
  const reply = {};
  try {
    if (measure) reply.ms = await timeUntil(page, measure);
    if (focus) await (await found(page, focus)).focus({ timeout: patienceMs });
    if (click) await (await found(page, click)).click({ timeout: patienceMs });
    for (const key of [press ?? []].flat()) await page.keyboard.press(key);
    if (type) await page.keyboard.type(type);
    if (text) reply.text = await textsOf(page, text);
    if (screenshot) await page.screenshot({ path: join(artifacts, `${screenshot}.png`) });
  } catch (error) {
    reply.error = error.message;
  }
  return reply;
}

/** The first of the elements in view, in the workbench or in one of its webviews. */
async function found(page, selector) {
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    for (const frame of page.frames()) {
      const each = frame.locator(selector).filter({ visible: true }).first();
      if (await each.count().catch(() => 0)) return each;
    }
    await page.waitForTimeout(50);
  }
  throw new Error(`${selector} is not in view`);
}

async function textsOf(page, selector) {
  const texts = await Promise.all(
    page.frames().map((frame) => frame.locator(selector).allInnerTexts().catch(() => [])),
  );
  return texts.flat();
}

/** Ms from the mouse button's going down on the first of `clicks` to the frame that shows `until`, by the page's own clock; 10 s at most. */
async function timeUntil(page, { clicks, until }) {
  await page.evaluate((selector) => {
    globalThis.podiumShown = new Promise((resolve) => {
      let began;
      addEventListener('mousedown', () => (began ??= performance.now()), { capture: true, once: true });
      const look = () => {
        const passed = performance.now() - (began ?? performance.now());
        if (passed > 10_000 || (began !== undefined && document.querySelector(selector))) resolve(passed);
        else requestAnimationFrame(look);
      };
      look();
    });
  }, until);
  for (const click of clicks) await (await found(page, click)).click({ timeout: patienceMs });
  return page.evaluate(() => globalThis.podiumShown);
}
