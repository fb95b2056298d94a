// The latest changes, and those to come as they come.
import { address, ask, codeLink, day, h, moment, parameter, permalink, show, t } from './dom.js';

const FIRST = 40, KEPT = 200;
const KINDS = ['established', 'contact_updated', 'renamed', 'recoded', 'merged', 'took_over', 'split', 'separated', 'dissolved',
  'corrected', 'annulled', 'closed', 'announced', 'withdrawn', 'registered'];
const group = { closed: 'code', announced: 'act', withdrawn: 'act', registered: 'scheme' };
const typeOf = (kind) => `vn.gov.orgcode.${group[kind] ?? 'organization'}.${kind}.v1`;
const kindOf = (type) => type.split('.').at(-2);

const idOf = (epoch, sequence) => `${epoch}-${String(Math.max(sequence, 0)).padStart(20, '0')}`;

function entry({ subject, type, time, recordedtime, data }) {
  const kind = kindOf(type), name = data.record?.info?.name, decision = data.decision;
  return h('li', { class: data.record?.status ?? 'open' },
    h('p', { class: 'what' }, h('strong', {}, t(`C_${kind.toUpperCase()}`)), ' ', subject.startsWith('scheme:') || !data.record
      ? h('code', {}, subject) : codeLink(subject, name)),
    h('p', { class: 'why' }, t('EFFECTIVE_ON'), ' ', day(time), ' · ', t('RECORDED_ON'), ' ', moment(recordedtime),
      decision ? ` · ${decision.number}` : '', ' · ', h('code', {}, data.authority)));
}

/** The latest that fit, the newest first; looks further and further back until there are enough. */
async function latest(filter) {
  const { id } = await ask('/readyz'), [epoch, text] = id.split('-'), head = Number(text);
  let found = [];
  for (let window = FIRST * 5; ; window *= 8) {
    found = [];
    for (let after = idOf(epoch, head - window); ;) {
      const answer = await fetch(address('/v1/changes', { ...filter, after, limit: 1000 }));
      if (!answer.ok) throw new Error(t('FAILED'));
      found = [...found, ...await answer.json()].slice(-FIRST);
      after = answer.headers.get('Feed-Next');
      if (answer.headers.get('Feed-Lag') === '0' || after >= id) break;
    }
    if (found.length >= FIRST || window >= head || window > 100000) return { id, found: found.reverse() };
  }
}

export default function changes(place) {
  const list = h('ol', { class: 'timeline', id: 'latest' }), status = h('span', { class: 'live', role: 'status' });
  const type = h('select', { id: 'type' }, h('option', { value: '' }, t('ALL')),
    KINDS.map((kind) => h('option', { value: typeOf(kind) }, t(`C_${kind.toUpperCase()}`))));
  const authority = h('input', { id: 'authority', size: 8, placeholder: 'H26', autocomplete: 'off', spellcheck: 'false' });
  const pause = h('button', { type: 'button', class: 'quiet' }, t('PAUSE'));
  type.value = parameter('type');
  if (type.selectedIndex < 0) type.value = '';
  authority.value = parameter('authority');
  let stream, last, round = 0;

  function say(key) {
    status.textContent = t(key);
    status.dataset.state = key;
  }
  function follow(filter) {
    stream?.close();
    stream = new EventSource(address('/v1/changes/stream', { ...filter, after: last }));
    stream.onopen = () => say('LIVE');
    stream.onerror = () => say('LIVE_LOST');
    stream.addEventListener('change', (event) => {
      last = event.lastEventId;
      list.querySelector('.note')?.remove();
      const made = entry(JSON.parse(event.data));
      made.classList.add('new');
      list.prepend(made);
      while (list.children.length > KEPT) list.lastChild.remove();
    });
    stream.addEventListener('bookmark', (event) => { last = event.lastEventId || last; });
    stream.addEventListener('reset', start); // the feed begins anew
  }
  const filter = () => ({ type: type.value, authority: authority.value.trim().toUpperCase() });
  function start() {
    const mine = ++round;
    stream?.close();
    show(out, async () => {
      const { id, found } = await latest(filter());
      if (mine !== round) return list;
      last = id;
      list.replaceChildren(...(found.length ? found.map(entry) : [h('li', { class: 'note' }, t('NO_CHANGES'))]));
      follow(filter());
      pause.textContent = t('PAUSE');
      return list;
    });
  }
  pause.addEventListener('click', () => {
    if (stream && stream.readyState !== EventSource.CLOSED) {
      stream.close();
      say('LIVE_PAUSED');
      pause.textContent = t('GO_ON');
    } else {
      follow(filter());
      pause.textContent = t('PAUSE');
    }
  });
  const again = () => {
    permalink(filter());
    start();
  };
  type.addEventListener('change', again);
  const out = h('div', {});
  place.replaceChildren(h('form', { class: 'filters', onsubmit: (event) => { event.preventDefault(); again(); } },
    h('p', {}, h('label', { for: 'type' }, t('KIND_OF_CHANGE')), type), h('p', {}, h('label', { for: 'authority' }, t('AUTHORITY')), authority),
    h('p', { class: 'state' }, status, ' ', pause)), out);
  start();
}
