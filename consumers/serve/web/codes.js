// A list of codes in, today's out.
import { codeLink, copyButton, day, h, number, parameter, permalink, send, show, t } from './dom.js';

const AT_ONCE = 10000, SHOWN = 500, IN_ADDRESS = 100;

const split = (text) => text.split(/[\s,;"'|]+/u).filter(Boolean);

/** One line for each code that it is today. */
function rows(results) {
  return results.flatMap((result) => {
    const asked = result.code, since = result.edges?.map((edge) => edge.on).sort().at(-1) ?? '';
    if (result.status === 'never-issued') return [{ asked, status: 'never' }];
    const open = result.terminal.filter((end) => end.status === 'open');
    if (!open.length) return [{ asked, status: 'ended', since }];
    return open.map((end) => ({ asked, status: end.code === asked ? 'open' : 'other', code: end.code, name: end.name, since }));
  });
}

const word = { open: 'OPEN', other: 'CLOSED', ended: 'CLOSED', never: 'NEVER' };
// a cell that a spreadsheet would take for a formula is made text
const cell = (text = '') => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
const csv = (list) => `\ufeff${[['asked', 'status', 'today', 'name', 'since'], ...list.map((row) =>
  [row.asked, row.status, row.code, row.name, row.since])].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
const tsv = (list) => list.map((row) => [row.asked, row.code ?? '', row.name ?? '', row.since ?? ''].join('\t')).join('\n');

function save(text) {
  const link = h('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/csv' })), download: 'orgcode.csv' });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function answer(results) {
  const list = rows(results), count = (status) => new Set(list.filter((row) => row.status === status).map((row) => row.asked)).size;
  return [
    h('p', { class: 'sums', role: 'status' }, [['STILL_OPEN', 'open'], ['NOW_OTHER', 'other'], ['ENDED', 'ended'], ['UNKNOWN_N', 'never']]
      .filter(([, status]) => count(status)).map(([key, status]) => h('span', { class: `badge ${status}` }, t(key, { n: number(count(status)) })))),
    h('p', { class: 'buttons' }, copyButton(t('COPY_ALL'), () => tsv(list)),
      h('button', { type: 'button', class: 'quiet', onclick: () => save(csv(list)) }, t('SAVE_CSV'))),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('RESULTS') }, h('table', { id: 'codes-today' },
      h('thead', {}, h('tr', {}, ['ASKED', 'STATUS', 'NOW', 'FROM_DAY'].map((key) => h('th', { scope: 'col' }, t(key))))),
      h('tbody', {}, list.slice(0, SHOWN).map((row) => h('tr', {}, h('td', {}, h('code', {}, row.asked)),
        h('td', {}, h('span', { class: `badge ${row.status}` }, t(word[row.status]))),
        h('td', {}, row.code ? codeLink(row.code, row.name) : '–'), h('td', {}, row.since ? day(row.since) : '')))))),
    list.length > SHOWN ? h('p', { class: 'note' }, `… ${t('CODES_N', { n: number(list.length) })}`) : null,
  ];
}

export default function codes(place) {
  const area = h('textarea', { id: 'codes', rows: 8, spellcheck: 'false', autocapitalize: 'off', placeholder: 'H22\nH57\nG05\n000.00.22.H57' });
  const out = h('div', {}), count = h('span', { class: 'note' });
  area.value = split(parameter('codes')).join('\n');
  const tell = () => { count.textContent = area.value.trim() ? t('CODES_N', { n: number(split(area.value).length) }) : ''; };
  function run() {
    const list = split(area.value);
    if (!list.length) return area.focus();
    if (list.length > AT_ONCE) return out.replaceChildren(h('p', { class: 'banner closed', role: 'alert' }, t('TOO_MANY_CODES', { n: number(list.length) })));
    permalink({ codes: list.length <= IN_ADDRESS ? list.join(',') : '' });
    show(out, async () => answer((await send('/v1/resolve', { codes: list })).results));
  }
  area.addEventListener('input', tell);
  area.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(); });
  place.replaceChildren(h('form', { class: 'codes', onsubmit: (event) => { event.preventDefault(); run(); } },
    h('label', { for: 'codes' }, t('CODES')), area, h('p', { class: 'buttons' }, h('button', {}, t('ASK_CODES')), ' ', count)), out);
  tell();
  if (area.value) run();
}
