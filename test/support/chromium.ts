import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../infra/chromium.js';
import { skipWithout } from './missing.js';

/** A Chromium without a window; skips the test where there is none. The caller closes it. */
export async function startChromium(context: Mocha.Context): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    return skipWithout(
      context,
      'Chromium (on PATH as chromium, chromium-browser or google-chrome, or STREAMSAGE_CHROMIUM)',
    );
  }
  return chromium.launch({ executablePath });
}
