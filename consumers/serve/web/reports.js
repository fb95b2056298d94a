// How promptly authorities enter their data, and how far down codes reach.
import { address, ask, codeLink, h, levelOne, number, parameter, permalink, show, svg, t } from './dom.js';

const LEVELS = 6;

/** A bar of parts [{value, kind, name}] out of `most`. */
function bar(parts, most, label) {
  let x = 0;
  const wide = (value) => (most ? (100 * value) / most : 0);
  return svg('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('rect', { class: 'ground', width: 100, height: 10 }), parts.map(({ value, kind }) => {
      const made = svg('rect', { class: kind, x, width: wide(value), height: 10 });
      x += wide(value);
      return made;
    }));
}
const legend = (items) => h('p', { class: 'legend', 'aria-hidden': 'true' }, items.map(([kind, name]) =>
  h('span', {}, svg('svg', { width: 12, height: 12, class: 'bar' }, svg('rect', { class: kind, width: 12, height: 12 })), ` ${name} `)));

function chart(id, heads, rows) {
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': id }, h('table', { class: 'chart' },
    h('thead', {}, h('tr', {}, heads.map((head) => h('th', { scope: 'col' }, head)))), h('tbody', {}, rows)));
}

function late(id, title, lead, list, pick, names) {
  const measured = list.filter((row) => pick(row).measured).sort((a, b) => pick(b).late / pick(b).measured - pick(a).late / pick(a).measured ||
    pick(b).medianDaysLate - pick(a).medianDaysLate || (a.authority < b.authority ? -1 : 1));
  const rows = measured.map((row) => {
    const { measured: all, late: some, medianDaysLate: median, mostDaysLate: most } = pick(row), onTime = all - some;
    const label = `${t('ON_TIME')}: ${onTime}, ${t('LATE')}: ${some}`;
    return h('tr', {}, h('th', { scope: 'row' }, row.authority === 'ROOT' ? t('ROOT') : codeLink(row.authority, names.get(row.authority))),
      h('td', { class: 'wide' }, bar([{ value: onTime, kind: 'good' }, { value: some, kind: 'bad' }], all, label)),
      h('td', { class: 'n' }, number(onTime)), h('td', { class: 'n' }, number(some)),
      h('td', { class: 'n' }, some ? number(median) : '–'), h('td', { class: 'n' }, some ? number(most) : '–'));
  });
  return h('section', {}, h('h2', { id }, title), h('p', {}, lead),
    rows.length ? [legend([['good', t('ON_TIME')], ['bad', t('LATE')]]),
      chart(id, [t('AUTHORITY'), `${t('ON_TIME')} / ${t('LATE')}`, t('ON_TIME'), t('LATE'), t('MEDIAN_LATE'), t('MOST_LATE')], rows)]
      : h('p', { class: 'note' }, t('NO_REPORT')));
}

function reach(list, names) {
  const open = (row) => row.levels.reduce((sum, level) => sum + level.open, 0);
  const deep = list.filter((row) => row.levels.some((level) => level.level > 1 && level.open)).sort((a, b) => open(b) - open(a));
  const most = Math.max(0, ...deep.map(open)), levels = [...new Set(deep.flatMap((row) => row.levels.filter((l) => l.open).map((l) => l.level)))].sort();
  const at = (row, level) => row.levels.find((one) => one.level === level)?.open ?? 0;
  const rows = deep.map((row) => h('tr', {}, h('th', { scope: 'row' }, codeLink(row.authority, names.get(row.authority))),
    h('td', { class: 'wide' }, bar(levels.map((level) => ({ value: at(row, level), kind: `l${Math.min(level, LEVELS)}` })), most,
      levels.map((level) => `${t('LEVEL_N', { n: level })}: ${at(row, level)}`).join(', '))),
    levels.map((level) => h('td', { class: 'n' }, at(row, level) ? number(at(row, level)) : '–'))));
  const rest = list.filter((row) => !deep.includes(row) && open(row)).length;
  return h('section', {}, h('h2', { id: 'reach' }, t('COVERAGE_TITLE')), h('p', {}, t('COVERAGE_LEAD')),
    rows.length ? [legend(levels.map((level) => [`l${Math.min(level, LEVELS)}`, t('LEVEL_N', { n: level })])),
      chart('reach', [t('AUTHORITY'), t('CODES'), ...levels.map((level) => t('LEVEL_N', { n: level }))], rows)] : h('p', { class: 'note' }, t('NO_REPORT')),
    rest ? h('p', { class: 'note' }, t('COVERAGE_REST', { n: number(rest) })) : null);
}

export default function reports(place) {
  const from = h('input', { type: 'date', id: 'from' }), to = h('input', { type: 'date', id: 'to' }), out = h('div', {});
  from.value = parameter('from');
  to.value = parameter('to');
  const run = () => show(out, async () => {
    const [compliance, coverage, bodies] = await Promise.all([ask(address('/v1/compliance', { from: from.value, to: to.value })),
      ask('/v1/coverage'), levelOne()]);
    const names = new Map(bodies.map((body) => [body.code, body.info.name]));
    return [late('entry', t('LATE_TITLE'), t('LATE_LEAD'), compliance.authorities, (row) => row.entry, names),
      late('decision', t('DECISION_LATE_TITLE'), t('DECISION_LATE_LEAD'), compliance.authorities, (row) => row.decision, names),
      reach(coverage.authorities, names)];
  });
  const again = () => {
    permalink({ from: from.value, to: to.value });
    run();
  };
  from.addEventListener('change', again);
  to.addEventListener('change', again);
  place.replaceChildren(h('form', { class: 'filters', onsubmit: (event) => event.preventDefault() },
    h('p', {}, h('label', { for: 'from' }, t('RECORDED_FROM')), from), h('p', {}, h('label', { for: 'to' }, t('TO_DAY')), to)), out);
  run();
}
