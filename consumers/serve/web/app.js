// What every page loads: search as you type, keys, and the module of the page at hand.
import { searchAsYouType } from './search.js';

const modules = { o: 'organization', mergers: 'mergers', lookup: 'codes', changes: 'changes', reports: 'reports', download: 'download' };

searchAsYouType();
const input = document.getElementById('q');
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
  event.preventDefault();
  if (input) input.select();
  else location.assign(document.querySelector('.brand').href);
});

const name = modules[location.pathname.split('/')[1]];
const place = document.getElementById('tool') ?? document.getElementById('organization');
if (name && place) (await import(`./${name}.js`)).default(place);
document.documentElement.dataset.ready = 'yes';
