// Search as you type. On the front page the results stand where the server puts them; on others in a panel below the form.
import { address, ask, codeLink, h, t } from './dom.js';

const WAIT_MS = 120;

function item(organization) {
  const closed = organization.status === 'closed';
  const link = codeLink(organization.code, organization.info.name);
  if (closed) link.append(' ', h('span', { class: 'badge closed' }, t('CLOSED')));
  return h('li', {}, link);
}

function results(question, found) {
  const list = found.organizations;
  return [h('h2', {}, t('RESULTS')),
    found.near && list.length ? h('p', { class: 'note' }, `${t('NEAR')}:`) : null,
    list.length ? null : h('p', { class: 'note' }, t('NOTHING_FOUND')),
    h('ol', { class: 'results' }, list.map(item)),
    found.next ? h('p', {}, h('a', { rel: 'next', href: address('/', { q: question, cursor: found.next }) }, t('MORE'))) : null,
  ].filter(Boolean);
}

export function searchAsYouType() {
  const form = document.querySelector('form.search');
  if (!form) return;
  const input = form.querySelector('#q'), home = location.pathname === '/';
  const status = h('p', { class: 'offscreen', role: 'status' });
  const welcome = document.querySelectorAll('.examples, .cards');
  let place = document.getElementById('results'), timer, running, shown = input.value.trim();
  if (!place) {
    place = h('section', { id: 'results', hidden: true, class: home ? null : 'panel' });
    form.append(place);
  }
  form.append(status);
  if (home) form.after(place);

  function clear() {
    place.hidden = true;
    place.replaceChildren();
    status.textContent = '';
    welcome.forEach((part) => { part.hidden = false; });
  }
  async function find() {
    const question = input.value.trim();
    if (question === shown) return;
    shown = question;
    running?.abort();
    if (home) history.replaceState(null, '', address('/', { q: question }));
    if (!question) return clear();
    running = new AbortController();
    try {
      const found = await ask(address('/v1/organizations', { q: question, limit: home ? 20 : 8 }), { signal: running.signal });
      place.replaceChildren(...results(question, found));
      place.hidden = false;
      welcome.forEach((part) => { part.hidden = true; });
      status.textContent = t(found.next ? 'FOUND_MORE' : 'FOUND_N', { n: found.organizations.length });
    } catch (error) {
      if (error.name === 'AbortError') return;
      shown = null;
      status.textContent = error.message;
    }
  }
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT_MS);
  });

  // arrows go from the field into the results and back, Escape closes
  const links = () => [...place.querySelectorAll('a')];
  function move(event) {
    const all = links(), at = all.indexOf(document.activeElement);
    if (event.key === 'Escape' && !home && !place.hidden) {
      clear();
      shown = null;
      input.focus();
    } else if (event.key === 'ArrowDown' && all.length && !place.hidden) {
      event.preventDefault();
      all[Math.min(at + 1, all.length - 1)].focus();
    } else if (event.key === 'ArrowUp' && at >= 0) {
      event.preventDefault();
      (all[at - 1] ?? input).focus();
    }
  }
  form.addEventListener('keydown', move);
  if (home) place.addEventListener('keydown', move);
  if (!home) document.addEventListener('click', (event) => { if (!form.contains(event.target)) clear(); });
}
