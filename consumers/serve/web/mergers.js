// What became what on one day, all in one picture: 63 provinces into 34.
import { codeLink, dayText, h, levelOne, pageOf, parameter, permalink, shorten, show, svg, t } from './dom.js';

const TYPES = ['province', 'people_council', 'ministry', 'agency', 'other'];
const ROW = 20, GAP = 8, COLOURS = 8, BETWEEN = 36, CODE = 42;

/** The days on which codes of this kind flowed into others, those with most first. */
function days(bodies) {
  const count = new Map();
  for (const body of bodies)
    for (const edge of body.successors) count.set(edge.on, (count.get(edge.on) ?? 0) + 1);
  return [...count].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? 1 : -1)).map(([on]) => on);
}

/** Groups: each body that is there after the day, with those that flowed into it (itself, if it was there before). */
function groups(all, bodies, on) {
  const before = bodies.filter((body) => body.issuedOn < on && !(body.closedOn < on));
  const into = new Map();
  const put = (code, from) => into.set(code, [...(into.get(code) ?? []), from]);
  for (const body of before) {
    const edges = body.successors.filter((edge) => edge.on === on);
    edges.forEach((edge) => put(edge.code, body));
    if (!(body.closedOn <= on)) put(body.code, body);
  }
  return { before, after: [...into].map(([code, from]) => ({ body: all.get(code) ?? { code, info: {}, status: 'open' }, from })) };
}

function picture(parts, short, width) {
  const text = Math.max(...parts.flatMap(({ body, from }) => [body, ...from]).map((one) => measure(short(one), true)));
  const columns = Math.max(1, Math.min(3, Math.floor((width + BETWEEN) / (2 * (text + CODE) + 70 + BETWEEN))));
  const wide = Math.min((width - (columns - 1) * BETWEEN) / columns, 2 * (text + CODE) + 260), label = Math.min(text + CODE, wide * 0.4);
  const rows = parts.reduce((sum, part) => sum + part.from.length * ROW + GAP, 0);
  let x = 0, y = GAP, column = 0, deepest = 0, colour = 0;
  const made = parts.map(({ body, from }) => {
    const tall = from.length * ROW;
    if (column < columns - 1 && y + tall / 2 > rows / columns) {
      x = ++column * (wide + BETWEEN);
      y = GAP;
    }
    const merged = from.length > 1 || from[0].code !== body.code, middle = y + tall / 2, right = x + wide - label;
    const group = svg('g', { class: merged ? `merged c${colour++ % COLOURS}` : 'same' }, from.map((one, i) => {
      const at = y + (i + 0.5) * ROW, left = x + label, half = (left + right) / 2;
      return [
        svg('path', { class: one.code === body.code ? 'ribbon kept' : 'ribbon', d: `M${left} ${at}C${half} ${at} ${half} ${middle} ${right} ${middle}` }),
        svg('a', { href: pageOf(one.code) }, svg('text', { x: left - 7, y: at + 4.5, 'text-anchor': 'end' }, clip(short(one), label - CODE),
          svg('tspan', { class: 'code', dx: 5 }, one.code))),
      ];
    }), svg('a', { href: pageOf(body.code), class: 'after' }, svg('text', { x: right + 7, y: middle + 4.5 },
      svg('tspan', { class: 'code' }, body.code), svg('tspan', { dx: 5 }, clip(short(body), label - CODE, true)))));
    y += tall + GAP;
    deepest = Math.max(deepest, y);
    return group;
  });
  return svg('svg', { viewBox: `0 0 ${width} ${deepest}`, width, height: deepest, role: 'group', 'aria-label': t('MERGERS_TITLE') }, made);
}

const pen = document.createElement('canvas').getContext('2d');
function measure(text, bold = false) {
  pen.font = `${bold ? 600 : 400} 14px system-ui, sans-serif`;
  return pen.measureText(text).width;
}
function clip(text, width, bold) {
  if (measure(text, bold) <= width) return text;
  while (text && measure(`${text}…`, bold) > width) text = text.slice(0, -1);
  return `${text.trimEnd()}…`;
}

function table(parts) {
  return h('details', {}, h('summary', {}, t('FIGURES')), h('div', { class: 'scroll', tabindex: 0 }, h('table', {},
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('BEFORE')), h('th', { scope: 'col' }, t('AFTER')))),
    h('tbody', {}, parts.map(({ body, from }) => h('tr', {},
      h('td', {}, from.map((one) => h('div', {}, codeLink(one.code, one.info.name)))), h('td', {}, codeLink(body.code, body.info.name))))))));
}

export default function mergers(place) {
  show(place, async () => {
    const all = await levelOne(), byCode = new Map(all.map((body) => [body.code, body]));
    const type = h('select', { id: 'type' }, TYPES.filter((one) => all.some((body) => body.type === one))
      .map((one) => h('option', { value: one }, t(`TYPE_${one.toUpperCase()}`))));
    const on = h('select', { id: 'on' }), out = h('div', {});
    if (parameter('type')) type.value = parameter('type');
    if (type.selectedIndex < 0) type.selectedIndex = 0;

    function draw() {
      const bodies = all.filter((body) => body.type === type.value);
      if (!on.value) return out.replaceChildren(h('p', { class: 'note' }, t('NO_MERGERS')));
      const { before, after } = groups(byCode, bodies, on.value);
      const names = shorten([...before, ...after.map((part) => part.body)].map((body) => body.info.name ?? body.code));
      const short = (body) => names.get(body.info.name ?? body.code);
      const bare = (body) => short(body).replace(/^(tỉnh|thành phố) /i, '');
      after.sort((a, b) => bare(a.body).localeCompare(bare(b.body), 'vi'));
      after.forEach((part) => part.from.sort((a, b) => (b.code === part.body.code) - (a.code === part.body.code) || (a.code < b.code ? -1 : 1)));
      const merged = after.filter((part) => part.from.some((one) => one.code !== part.body.code)).length;
      const figure = h('figure', { class: 'mergers' });
      out.replaceChildren(h('p', { class: 'big', id: 'sum' }, h('strong', {}, `${before.length} → ${after.length}`), ' ',
        h('span', {}, t('MERGED_N', { m: merged, u: after.length - merged }))), figure, table(after));
      let width = 0;
      new ResizeObserver(() => {
        if (!figure.isConnected || figure.clientWidth === width) return;
        width = figure.clientWidth;
        figure.replaceChildren(picture(after, bare, width));
      }).observe(figure);
    }
    function choose() {
      const list = days(all.filter((body) => body.type === type.value));
      on.replaceChildren(...list.map((one) => h('option', { value: one }, dayText(one))));
      if (list.includes(parameter('on'))) on.value = parameter('on');
      draw();
    }
    const remember = () => permalink({ type: type.value, on: on.value });
    type.addEventListener('change', () => { choose(); remember(); });
    on.addEventListener('change', () => { remember(); draw(); });
    choose();
    return [h('form', { class: 'filters' }, h('p', {}, h('label', { for: 'type' }, t('BODIES')), type),
      h('p', {}, h('label', { for: 'on' }, t('DAY')), on)), out];
  });
}
