// Small things that every page needs: elements, words, days, requests.
import words from './words.js';

export const lang = document.documentElement.lang === 'en' ? 'en' : 'vi';
const other = lang === 'en' ? 1 : 0;

/** A word of words.def in the page's language; {n} and the like are filled in. */
export function t(key, holes = {}) {
  return words[key][other].replace(/\{(\w+)\}/g, (_, name) => holes[name] ?? '');
}
export const number = (n) => n.toLocaleString(lang === 'en' ? 'en' : 'vi');

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}
export const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) =>
  build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/** "2025-07-01" as people write it here; the same as the server's. */
export function dayText(iso) {
  const [y, m, d] = iso.slice(0, 10).split('-');
  if (lang === 'vi') return `${d}/${m}/${y}`;
  const month = new Date(Date.UTC(2000, m - 1, 1)).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
  return `${+d} ${month} ${y}`;
}
export const day = (iso) => h('time', { datetime: iso }, dayText(iso));
export const moment = (iso) => h('time', { datetime: iso }, `${dayText(iso)}, ${iso.slice(11, 16)}`);

/** An address of ours with parameters (empty ones left out) and the language. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  query.set('lang', lang);
  return `${path}?${query}`;
}
export const pageOf = (code) => address(`/o/${encodeURIComponent(code)}`);
export const codeLink = (code, name) => h('a', { href: pageOf(code), class: 'named' }, name ? [h('span', { class: 'name', lang: 'vi' }, name), ' '] : null, h('code', {}, code));
/** Puts what is shown into the address, so that it can be sent to somebody. */
export const permalink = (parameters) => history.replaceState(null, '', address(location.pathname, parameters));
export const parameter = (name) => new URLSearchParams(location.search).get(name) ?? '';

/** JSON of our own API; throws an Error with the problem's words. */
export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { 'Accept-Language': lang, ...options.headers } });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  throw Object.assign(new Error(body.title ? `${body.title}. ${body.detail}` : t('FAILED')), { status: answer.status });
}
export const send = (path, body) =>
  ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** Shows what `work` makes in `place`; while it lasts, that it lasts; when it fails, why, and a way to try again. */
export async function show(place, work) {
  const waiting = h('p', { class: 'note', role: 'status' }, t('LOADING'));
  place.replaceChildren(waiting);
  try {
    const made = await work();
    place.replaceChildren(...[made].flat().filter(Boolean));
  } catch (error) {
    place.replaceChildren(h('div', { class: 'banner closed', role: 'alert' }, h('p', {}, error.message || t('FAILED')),
      h('button', { type: 'button', onclick: () => show(place, work) }, t('RETRY'))));
  }
}

/** Copies text; also where the clipboard is for secure pages alone. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h('textarea', { class: 'offscreen' });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
export function copyButton(label, text) {
  const button = h('button', { type: 'button', class: 'quiet', onclick: async () => {
    await copy(text());
    button.textContent = t('COPIED');
    setTimeout(() => { button.textContent = label; }, 2000);
  } }, label);
  return button;
}

/** Names without the words that all of them begin with ("Ủy ban nhân dân "). */
export function shorten(names) {
  const first = (names[0] ?? '').split(' ');
  let same = 0;
  if (new Set(names).size < 2) return new Map(names.map((name) => [name, name]));
  while (same < first.length - 1 && names.every((name) => name.split(' ')[same] === first[same])) same++;
  return new Map(names.map((name) => [name, name.split(' ').slice(same).join(' ').replace(/^./u, (c) => c.toUpperCase())]));
}

/** Every level-1 body, closed ones too. */
export async function levelOne() {
  const found = [];
  for (let cursor = ''; ;) {
    const page = await ask(address('/v1/organizations', { level: 1, scheme: 'gov', limit: 200, cursor }));
    found.push(...page.organizations);
    cursor = page.next;
    if (!cursor) return found;
  }
}
