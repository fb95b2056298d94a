// The page of one code: its units as a tree that opens step by step, and its succession as a picture.
import { address, ask, codeLink, copyButton, h, send, t } from './dom.js';
import { flow } from './flow.js';

const NODES_MAX = 40;

// ---- units

async function children(code) {
  const found = [];
  for (let cursor = ''; ;) {
    const page = await ask(address(`/v1/organizations/${encodeURIComponent(code)}/children`, { limit: 200, cursor }));
    found.push(...page.children);
    cursor = page.next;
    if (!cursor) return found;
  }
}

function branch(li) {
  if (!li.classList.contains('more')) return;
  const { code } = li.dataset;
  const label = t('SHOW_UNITS', { name: li.querySelector('a').textContent.trim() });
  const button = h('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-label': label }, '▸');
  let below = null;
  async function toggle() {
    const open = button.getAttribute('aria-expanded') !== 'true';
    button.setAttribute('aria-expanded', open);
    if (open && !below) {
      below = h('ul', { class: 'tree' }, h('li', { class: 'note' }, t('LOADING')));
      li.append(below);
      try {
        const units = (await children(code)).map(({ record, hasUnits }) => h('li',
          { 'data-code': record.code, class: hasUnits ? 'more' : null }, codeLink(record.code, record.info.name ?? '')));
        below.replaceChildren(...units);
        units.forEach(branch);
      } catch (error) {
        below.remove();
        below = null;
        button.setAttribute('aria-expanded', 'false');
        button.title = error.message;
      }
    }
    if (below) below.hidden = !open;
  }
  button.addEventListener('click', toggle);
  li.addEventListener('keydown', (event) => {
    const open = button.getAttribute('aria-expanded') === 'true';
    if (event.target.closest('li') !== li) return;
    if ((event.key === 'ArrowRight' && !open) || (event.key === 'ArrowLeft' && open)) {
      event.preventDefault();
      toggle();
    }
  });
  li.prepend(button);
}

// ---- succession

/** Everything that flowed into this code or out of it, and what else flowed into what it became. */
async function family(code) {
  const path = `/v1/resolve/${encodeURIComponent(code)}`;
  const [forward, back] = await Promise.all([ask(path), ask(`${path}?direction=back`)]);
  const ends = forward.terminal.map((end) => end.code).filter((end) => end !== code);
  const others = ends.length ? (await send('/v1/resolve', { codes: ends, direction: 'back' })).results : [];
  const edges = new Map();
  for (const edge of [forward, back, ...others].flatMap((answer) => [...(answer.edges ?? []), ...(answer.alsoBecame ?? [])]))
    edges.set(`${edge.from} ${edge.to} ${edge.on}`, edge);
  return [...edges.values()];
}

async function picture(place, code) {
  const all = await family(code);
  if (!all.length) return;
  const near = [code];
  for (let i = 0; i < near.length; i++)
    for (const edge of all)
      for (const [one, two] of [[edge.from, edge.to], [edge.to, edge.from]])
        if (one === near[i] && !near.includes(two)) near.push(two);
  const shown = near.slice(0, NODES_MAX);
  const edges = all.filter((edge) => shown.includes(edge.from) && shown.includes(edge.to));
  const records = await Promise.all(shown.map((one) => ask(`/v1/organizations/${encodeURIComponent(one)}`)));
  const bodies = new Map(records.map(({ record }, i) => [shown[i], record]));
  const figure = h('figure', { class: 'flow' });
  place.append(figure);
  const draw = () => figure.replaceChildren(flow(bodies, edges, code, figure.clientWidth),
    near.length > NODES_MAX ? h('figcaption', {}, t('PICTURE_MORE', { n: NODES_MAX })) : '');
  draw();
  let width = figure.clientWidth;
  new ResizeObserver(() => {
    if (figure.clientWidth === width) return;
    width = figure.clientWidth;
    draw();
  }).observe(figure);
}

export default function organization(article) {
  const { code } = article.dataset, line = article.querySelector('.codeline');
  line.append(' ', copyButton(t('COPYABLE'), () => code));
  article.querySelectorAll('#units li.more').forEach(branch);
  picture(article.querySelector('#succession'), code).catch(() => {}); // the list stands there all the same
}
