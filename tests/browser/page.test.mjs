// Every way through the page, in both languages, on a phone and a desktop, light and dark.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { after, before, describe, test } from 'node:test';
import { base, launch, nameOf, variants, visitor } from './browser.mjs';

const run = promisify(execFile);
const live = JSON.parse(process.env.ORGCODE_LIVE);
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const [number, variant] of variants.entries()) {
  describe(nameOf(variant), () => {
    const { lang } = variant, vi = lang === 'vi';
    const way = (name, walk, options) => test(name, { timeout: 120000 * Number(process.env.ORGCODE_SLOW ?? 1) }, async () => {
      const who = await visitor(browser, variant, options);
      try {
        await walk(who, who.page);
      } finally {
        await who.close();
      }
    });

    way('search as you type, with keys alone', async (who, page) => {
      await who.open('/');
      await who.axe();
      await who.shot('home');
      await page.locator('h1').click();
      await page.keyboard.press('/');
      await page.keyboard.type('so xay dung');
      const first = page.locator('#results li').first();
      await first.getByText('H26.18', { exact: true }).waitFor();
      assert.equal(new URL(page.url()).searchParams.get('q'), 'so xay dung');
      assert.ok(await page.locator('.cards').isHidden());
      await who.axe();
      await who.shot('search');
      await page.reload();
      await first.getByText('H26.18', { exact: true }).waitFor();
      await page.locator('#q').fill('HÀ NỘI');
      await page.locator('#results li').first().getByText('H26', { exact: true }).waitFor();
      await page.locator('#q').press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/o/H26?*');
      await page.locator('#q').fill('zzzz qqqq');
      await page.locator('#results').getByText(vi ? 'Không tìm thấy' : 'No organization was found').waitFor();
      await page.keyboard.press('Escape');
      assert.ok(await page.locator('#results').isHidden());
    });

    way('a body: data, units step by step, timeline, succession', async (who, page) => {
      await who.open('/o/H60');
      await page.locator('figure.flow a').first().waitFor();
      assert.equal(await page.locator('h1').textContent(), 'Ủy ban nhân dân tỉnh Tuyên Quang');
      await who.axe();
      await who.shot('organization');
      const picture = await page.locator('figure.flow').textContent();
      assert.match(picture, /H22/);
      assert.match(picture, vi ? /01\/07\/2025/ : /1 July 2025/);
      const unit = page.locator('li[data-code="H60.90"]');
      await unit.locator('button.open').first().focus();
      await page.keyboard.press('Enter');
      await unit.locator('li[data-code="H60.90.01"] > button.open').click();
      await unit.getByText('H60.90.01.1', { exact: true }).waitFor();
      await who.axe();
      await who.shot('units');
      assert.deepEqual(await page.locator('.timeline time[datetime]').evaluateAll((all) => all.map((t) => t.dateTime).filter((t) => t < '2026')),
        ['2025-07-01', '2025-06-12', '2020-09-15', '2020-07-22']);
      assert.match(await page.locator('.timeline').textContent(), /202\/2025\/QH15/);
      await page.locator('figure.flow a', { hasText: 'H22' }).click();
      await page.waitForURL('**/o/H22?*');
      await page.locator('.banner.closed').getByText('H60').waitFor();
      await page.locator('figure.flow a').first().waitFor();
      await who.axe();
      await who.shot('closed');
      await page.emulateMedia({ media: 'print' });
      assert.ok(await page.locator('.top nav').isHidden());
      await page.screenshot({ path: `${process.env.ORGCODE_SHOTS}/print-${number}.png`, fullPage: true });
    });

    way('what a code was on a day', async (who, page) => {
      await who.open('/o/H57');
      assert.equal(await page.locator('h1').textContent(), 'Ủy ban nhân dân Thành phố Huế');
      await page.locator('#validAt').fill('2021-01-01');
      await page.locator('form.at button').click();
      await page.waitForURL('**validAt=2021-01-01*');
      assert.equal(await page.locator('h1').textContent(), 'Ủy ban nhân dân tỉnh Thừa Thiên Huế');
      await who.axe();
      await who.shot('on-a-day');
      // nothing was recorded by then
      assert.equal((await who.open('/o/H57?validAt=2021-01-01&knownAt=2021-01-01')).status(), 404);
      await who.axe();
      await who.shot('not-yet');
      await page.locator('main a', { hasText: 'H57' }).click();
      await page.waitForURL('**/o/H57?*');
      assert.equal((await who.open('/o/Z99')).status(), 404);
      assert.match(await page.locator('h1').textContent(), vi ? /chưa từng được cấp/ : /never issued/);
      await who.open('/o/H26.300');
      assert.match(await page.locator('.note').textContent(), vi ? /Sắp tới: 2030-01-01, Thành lập/ : /To come: 2030-01-01, Established/);
      await who.open('/o/H26.18');
      assert.match(await page.locator('.banner').textContent(), vi ? /01\/01\/2031, Cập nhật liên hệ/ : /1 January 2031, Contact updated/);
      await who.open('/o/Z99');
      await who.axe();
      await who.shot('never-issued');
    });

    way('a list of codes', async (who, page) => {
      await who.open('/lookup');
      await page.locator('#codes').fill('H22\nH57;G05, Z99\nH22.90.01.1');
      await page.locator('form.codes button').click();
      const rows = page.locator('#codes-today tbody tr');
      await rows.nth(4).waitFor();
      assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => row.cells[2].querySelector('code')?.textContent ?? '')),
        ['H60', 'H57', 'G12', '', 'H60.90.01.1']);
      await who.axe();
      await who.shot('codes');
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByText(vi ? 'Tải CSV' : 'Download CSV').click()]);
      const csv = await readFile(await file.path(), 'utf8');
      assert.match(csv, /^\ufeff"asked","status","today","name","since"\r\n"H22","other","H60","Ủy ban nhân dân tỉnh Tuyên Quang","2025-07-01"\r\n/);
      await page.reload();
      await rows.nth(4).waitFor();
    });

    way('mergers: 63 into 34 in one view', async (who, page) => {
      await who.open('/mergers');
      await page.locator('figure.mergers svg').waitFor();
      assert.match(await page.locator('#sum').textContent(), /^63 → 34/);
      assert.equal(await page.locator('figure.mergers a').count(), 63 + 34);
      await who.axe();
      await who.shot('mergers');
      await page.locator('#type').selectOption('ministry');
      await page.locator('#on').selectOption('2025-04-14');
      await page.waitForURL('**type=ministry&on=2025-04-14*');
      await page.reload();
      await page.locator('figure.mergers a', { hasText: 'G14' }).waitFor();
      await page.locator('summary').click();
      await page.locator('details tbody tr').first().waitFor();
      await who.axe();
      await who.shot('ministries');
      await page.locator('figure.mergers a', { hasText: 'G14' }).click();
      await page.waitForURL('**/o/G14?*');
    });

    way('the latest changes, live', async (who, page) => {
      await who.open('/changes');
      await page.locator('.live[data-state=LIVE]').waitFor();
      assert.equal(await page.locator('#latest li').count(), 40);
      await who.axe();
      await who.shot('changes');
      await run(process.env.ORGCODE_PUBLISH_PROGRAM, [live[number]]);
      const came = page.locator('#latest li.new').first();
      await came.getByText(`H26.90${number}`, { exact: true }).waitFor();
      assert.ok((await came.textContent()).includes(process.env.ORGCODE_MARKUP), 'markup in a name is text');
      await who.axe();
      await who.shot('live');
      await page.locator('#type').selectOption({ label: vi ? 'Đổi tên' : 'Renamed' });
      await page.waitForURL('**type=*');
      await page.waitForFunction(() => document.querySelectorAll('#latest li').length === 4);
      await page.locator('.live[data-state=LIVE]').waitFor();
      await page.getByText(vi ? 'Tạm dừng' : 'Pause', { exact: true }).click();
      await page.locator('.live[data-state=LIVE_PAUSED]').waitFor();
      await who.open(`/o/H26.90${number}`);
      assert.equal(await page.locator('h1').textContent(), process.env.ORGCODE_MARKUP);
    });

    way('reports as charts', async (who, page) => {
      await who.open('/reports');
      await page.locator('#reach').waitFor();
      assert.ok(await page.locator('table.chart tbody tr').count() > 10);
      await who.axe();
      await who.shot('reports');
      await page.locator('#to').fill('2001-01-01');
      await page.locator('#to').blur();
      await page.waitForURL('**to=2001-01-01*');
      await page.getByText(vi ? 'Chưa có số liệu.' : 'There are no figures yet.').first().waitFor();
    });

    way('download of the whole', async (who, page) => {
      await who.open('/download');
      const link = page.locator('a.button').first();
      await link.waitFor();
      await who.axe();
      await who.shot('download');
      const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
      const sum = createHash('sha256').update(await readFile(await file.path())).digest('hex');
      assert.ok((await page.locator('code.long').allTextContents()).includes(sum));
    });

    way('the other language, the same page', async (who, page) => {
      await who.open('/o/H26?validAt=2024-05-01');
      await page.locator('a.language').click();
      await page.waitForURL(`**/o/H26?lang=${vi ? 'en' : 'vi'}&validAt=2024-05-01`);
      assert.equal(await page.locator('html').getAttribute('lang'), vi ? 'en' : 'vi');
      await page.locator('.skip').focus();
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    });

    way('without JavaScript', async (who, page) => {
      await who.open('/');
      await page.locator('#q').fill('tuyen quang');
      await page.locator('form.search button').click();
      await page.locator('#results li').first().waitFor();
      await who.shot('plain-search');
      await page.locator('#results a', { hasText: 'H60' }).first().click();
      await page.locator('#succession').getByText('H22').waitFor();
      await page.locator('#units').getByText('H60.90', { exact: true }).waitFor();
      assert.equal(await page.locator('.timeline li').count(), 2);
      await who.shot('plain-organization');
      await page.locator('#validAt').fill('2021-01-01');
      await page.locator('form.at button').click();
      await page.locator('.banner').first().waitFor();
      await who.open('/?q=' + encodeURIComponent('<script>alert(1)</script>"onfocus=alert(1)'));
      assert.equal(await page.locator('#q').inputValue(), '<script>alert(1)</script>"onfocus=alert(1)');
      for (const path of ['/mergers', '/lookup', '/changes', '/reports', '/download']) {
        await who.open(path);
        assert.ok(await page.locator('noscript').textContent());
      }
    }, { javaScriptEnabled: false });

    if (number % 3 === 0) way('pages as the server makes them', async (who) => {
      for (const path of ['/?q=tuyen+quang', '/o/H60', ...(number ? [] : ['/docs'])]) {
        await who.open(path);
        await who.axe();
      }
    }, { scripts: false });
  });
}

test('the picture of a body that split, gave, took and came back', async () => {
  const who = await visitor(browser, variants[0]);
  await who.open('/mergers');
  await who.page.locator('figure.mergers svg').waitFor();
  const drawn = await who.page.evaluate(async () => {
    const { flow } = await import(document.querySelector('script').src.replace('app.js', 'flow.js'));
    const bodies = new Map([...'ABCDEF'].map((code) => [code, { code, info: { name: `Sở ${code}` }, status: 'ABD'.includes(code) ? 'closed' : 'open' }]));
    const edges = [['A', 'B', '2010-01-01'], ['A', 'C', '2010-01-01'], ['B', 'E', '2015-05-01'], ['D', 'E', '2015-05-01'],
      ['E', 'F', '2018-01-01'], ['F', 'A', '2020-01-01'], ['C', 'E', '2022-01-01']].map(([from, to, on]) => ({ from, to, on, continues: false }));
    const figure = document.querySelector('figure');
    figure.replaceWith(Object.assign(document.createElement('figure'), { className: 'flow' }));
    document.querySelector('figure.flow').append(flow(bodies, edges, 'E', 1200));
    return { codes: [...document.querySelectorAll('figure.flow text.code')].map((text) => text.textContent).sort().join(''),
      lines: document.querySelectorAll('figure.flow .link').length, days: [...document.querySelectorAll('figure.flow .date')].map((text) => text.textContent) };
  });
  assert.deepEqual(drawn, { codes: 'AABCDEEF', lines: 9,
    days: ['01/01/2010', '01/05/2015', '01/05/2015', '01/01/2018', '01/01/2020', '01/01/2022'] });
  await who.shot('long-succession');
  await who.close();
});

test('the page is served as it should be', async () => {
  const answer = await fetch(`${base}/?lang=vi`, { headers: { Accept: 'text/html' } });
  assert.match(answer.headers.get('content-security-policy'), /script-src 'self'; style-src 'self'/);
});
