import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { TemporalSettings } from '../../adapters/settings.js';

/** Temporal's web UI as a person sees it, in a real browser. */
export interface WebUi {
  readonly page: Page;
  /** Opens a tab of a run's page, and waits until it shows this. @returns all that it shows, as text */
  openRun(run: string, tab: RunTab, pattern: RegExp): Promise<string>;
  /** Opens a page by its path in the namespace. */
  open(path: string, pattern: RegExp): Promise<string>;
  /** Keeps a picture of what is shown now, if pictures are asked for: between these texts, else all of it. */
  picture(name: string, between?: { readonly from?: string; readonly to?: string }): Promise<void>;
}

export type RunTab = 'history' | 'user-metadata' | 'pending-activities';

/** Left out of pictures: the bars at the side and at the top. Pixels. */
const sideBar = 65;
const topBar = 49;
const size = { width: 1400, height: 1500 };
const patienceMs = 300_000;

/** @param folder where pictures go; none are made without */
export async function openWebUi(
  browser: Browser,
  { ui, namespace }: TemporalSettings,
  folder?: string,
): Promise<WebUi> {
  if (ui === undefined) throw new Error('This stack has no web UI');
  const page = await browser.newPage({ viewport: size, colorScheme: 'light' });
  const base = `${ui}/namespaces/${namespace}`;

  async function open(path: string, pattern: RegExp): Promise<string> {
    await page.goto(`${base}${path}`);
    return untilShown(page, pattern);
  }

  return {
    page,
    open,
    async openRun(run, tab, pattern) {
      const answer = await fetch(`${ui}/api/v1/namespaces/${namespace}/workflows/${run}`);
      const { workflowExecutionInfo: info } = (await answer.json()) as {
        workflowExecutionInfo: { execution: { runId: string } };
      };
      const place = `/workflows/${run}/${info.execution.runId}`;
      if (tab === 'history') return open(`${place}/history`, pattern);
      // By way of the history, as a person comes: the page lists what it has read there.
      await open(`${place}/history`, /Event History/);
      await page.locator(`a[href*="/${tab}"]`).first().click();
      return untilShown(page, pattern);
    },
    async picture(name, { from, to } = {}) {
      if (folder === undefined) return;
      await mkdir(folder, { recursive: true });
      await page.waitForFunction(isSettled);
      const top = from ? (await topOf(page, from)) - 8 : topBar;
      const bottom = to ? (await topOf(page, to)) - 8 : (await page.evaluate<number>(lastLine)) + 24;
      const height = Math.min(size.height, bottom) - top;
      const clip = { x: sideBar, y: top, width: size.width - sideBar, height };
      await page.screenshot({ path: join(folder, `web-ui-${name}.png`), clip, animations: 'disabled' });
    },
  };
}

/** The text of the page and of the Markdown in its frames, once it matches. Asks for fresh details meanwhile. */
async function untilShown(page: Page, pattern: RegExp): Promise<string> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const texts = await Promise.all(
      page.frames().map((frame) => frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '')),
    );
    const text = texts.join('\n');
    if (pattern.test(text)) return text;
    if (Date.now() > deadline) throw new Error(`Expected the page to show ${String(pattern)}, got:\n${text}`);
    await page.keyboard.press('r');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Where the element with this text begins, in pixels from the top. */
async function topOf(page: Page, text: string): Promise<number> {
  const box = await page.getByText(text, { exact: true }).first().boundingBox();
  if (!box) throw new Error(`The page does not show ${text}`);
  return box.y;
}

/** Frames have their height, and nothing is being faded in. Run in the page. */
const isSettled = `[...document.querySelectorAll('iframe')].every((frame) => {
  for (let element = frame; element; element = element.parentElement)
    if (getComputedStyle(element).opacity !== '1') return false;
  return frame.contentDocument?.readyState === 'complete' && frame.height !== '';
})`;

/** Where the lowest text or picture of the page ends, in pixels. Run in the page. */
const lastLine = `Math.max(...[...document.querySelectorAll('main *')]
  .filter((element) => ['IFRAME', 'P', 'H1', 'H2', 'H3', 'TD', 'TEXT', 'PRE', 'BUTTON', 'A', 'svg']
    .includes(element.tagName) && element.getClientRects().length > 0)
  .filter((element) => getComputedStyle(element).position !== 'fixed' && !element.closest('.fixed'))
  .map((element) => element.getBoundingClientRect().bottom))`;
