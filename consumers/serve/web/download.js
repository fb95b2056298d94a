// The whole directory, to take away.
import { ask, h, moment, number, show, t } from './dom.js';

const megabytes = (size) => (size < 1e6 ? `${number(Math.ceil(size / 1e3))} kB` : `${number(Math.round(size / 1e5) / 10)} MB`);

function links(snapshot) {
  return h('ul', { class: 'files' }, snapshot.files.map((file) => h('li', {},
    h('a', { href: file.href, class: 'button', download: `orgcode-${snapshot.id}.${file.format}` },
      t(`SNAPSHOT_${file.format.toUpperCase()}`), ` (${megabytes(file.size)})`),
    h('p', { class: 'why' }, `${t('CHECKSUM')}: `, h('code', { class: 'long' }, file.sha256)))));
}

export default function download(place) {
  show(place, async () => {
    const { snapshots } = await ask('/v1/snapshots');
    if (!snapshots.length) return h('p', { class: 'note' }, t('SNAPSHOTS_NONE'));
    const [newest, ...older] = snapshots;
    const about = (one) => [`${t('SNAPSHOT_AT')} `, moment(one.recordedTime), ` · ${t('CODES_N', { n: number(one.codes) })} · `, h('code', {}, one.id)];
    return [h('section', { class: 'card' }, h('h2', {}, t('LATEST')), h('p', {}, about(newest)), links(newest)),
      older.length ? h('section', {}, h('h2', {}, t('OLDER')), h('ul', { class: 'plain' }, older.map((one) => h('li', {}, h('details', {},
        h('summary', {}, about(one)), links(one)))))) : null];
  });
}
