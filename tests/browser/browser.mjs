// A browser for the tests: one Chromium, a context a variant, and what holds on every page.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const base = process.env.ORGCODE_PAGE;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const timeout = 30000 * Number(process.env.ORGCODE_SLOW ?? 1);

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

// every value with every other of another kind; axe looks at each of them, and at its colours in the other scheme too
export const variants = [
  { lang: 'vi', size: 'desktop', scheme: 'light' },
  { lang: 'en', size: 'desktop', scheme: 'dark' },
  { lang: 'vi', size: 'phone', scheme: 'light' },
  { lang: 'en', size: 'phone', scheme: 'dark' },
];
export const nameOf = ({ lang, size, scheme }) => `${lang}, ${size}, ${scheme}`;

/**
 * A visitor: open(path), shot(name), axe(), and faults: what no page may do. With scripts false the page's own are empty: it is as the server
 * has made it, and axe can look at it, which it cannot without JavaScript.
 */
export async function visitor(browser, { lang, size, scheme }, { javaScriptEnabled = true, scripts = javaScriptEnabled } = {}) {
  const phone = size === 'phone';
  const context = await browser.newContext({ locale: lang === 'vi' ? 'vi-VN' : 'en-GB', colorScheme: scheme, javaScriptEnabled, acceptDownloads: true,
    viewport: phone ? { width: 375, height: 740 } : { width: 1280, height: 860 }, hasTouch: phone });
  context.setDefaultTimeout(timeout);
  if (javaScriptEnabled && !scripts) await context.route('**/*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  const page = await context.newPage(), faults = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (404|503)/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== base) faults.push(`another host: ${request.url()}`);
  });

  return {
    page, faults, lang, phone,
    async open(path) {
      const answer = await page.goto(base + path + (path.includes('?') ? '&' : '?') + `lang=${lang}`);
      if (scripts) await page.waitForSelector('html[data-ready]');
      assert.equal(await page.locator('html').getAttribute('lang'), lang);
      return answer;
    },
    async shot(name) {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${name}: wider than the window by ${over}`);
      await page.screenshot({ path: `${process.env.ORGCODE_SHOTS}/${name}-${lang}-${size}-${scheme}.png`, fullPage: true });
    },
    async axe() {
      // injected by the debugger, so the page's own policy need not allow it
      if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(`(() => { ${axeSource} })()`);
      const look = (only) => page.evaluate(async (rules) => (await window.axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) })).violations
        .filter((one) => ['serious', 'critical'].includes(one.impact) || one.id === 'heading-order')
        .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).join(' | ')}`), only);
      assert.deepEqual(await look(), []);
      await page.emulateMedia({ colorScheme: scheme === 'light' ? 'dark' : 'light' });
      assert.deepEqual(await look(['color-contrast']), [], 'in the other scheme');
      await page.emulateMedia({ colorScheme: scheme });
    },
    async close() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}
