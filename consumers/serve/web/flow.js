// Codes that flow into codes, from the earlier on the left to the later on the right.
import { dayText, pageOf, shorten, svg, t } from './dom.js';

const HEIGHT = 58, GAP_Y = 14, GAP_X = 96, WIDTH_MIN = 118, WIDTH_MAX = 250, LINE = 16;

/** Bodies over time: one that was left and came back, or gave and later took, stands there once for each time. */
function timeline(edges) {
  const nodes = [], latest = new Map(), links = [];
  const place = (code) => {
    const node = { code, layer: 0, left: null };
    nodes.push(node);
    latest.set(code, node);
    return node;
  };
  for (const edge of [...edges].sort((a, b) => (a.on + a.from < b.on + b.from ? -1 : 1))) {
    const from = latest.get(edge.from) ?? place(edge.from);
    let to = latest.get(edge.to);
    if (!to) to = place(edge.to);
    else if (to.left && to.left < edge.on) {
      const before = to;
      to = place(edge.to);
      links.push({ from: before, to, on: edge.on, continues: true, itself: true });
    }
    from.left ??= edge.on;
    links.push({ from, to, on: edge.on, continues: edge.continues });
  }
  for (let round = 0; round < 8; round++)
    for (const link of links) if (link.from !== link.to) link.to.layer = Math.min(12, Math.max(link.to.layer, link.from.layer + 1));
  return { nodes, links };
}

/** Heights: each layer in an order that crosses few lines, around the middle. */
function arrange({ nodes, links }, x, height) {
  const layers = [];
  nodes.forEach((node) => (layers[node.layer] ??= []).push(node));
  nodes.forEach((node, i) => { node.y = i; });
  const mean = (list, node) => (list.length ? list.reduce((sum, y) => sum + y, 0) / list.length : node.y);
  for (let round = 0; round < 6; round++) {
    const forward = round % 2 === 0;
    for (const layer of layers.filter(Boolean)) {
      const want = new Map(layer.map((node) => [node, mean(links.filter((l) => (forward ? l.to : l.from) === node)
        .map((l) => (forward ? l.from : l.to).y), node)]));
      layer.sort((a, b) => want.get(a) - want.get(b) || (a.code < b.code ? -1 : 1));
      layer.forEach((node, i) => { node.y = (i + 0.5) / layer.length; });
    }
  }
  const most = Math.max(...layers.map((layer) => layer?.length ?? 0));
  const total = most * (HEIGHT + GAP_Y);
  nodes.forEach((node) => {
    node.x = x(node.layer);
    node.y = height(node.y * total);
  });
  return total;
}

const pen = document.createElement('canvas').getContext('2d');
/** At most two lines of text. */
function lines(text, width) {
  pen.font = '600 13px system-ui, sans-serif';
  const out = [''];
  for (const word of text.split(' ')) {
    const longer = out.at(-1) ? `${out.at(-1)} ${word}` : word;
    if (pen.measureText(longer).width <= width || !out.at(-1)) out[out.length - 1] = longer;
    else if (out.length < 2) out.push(word);
    else { out[1] += '…'; break; }
  }
  return out;
}

export function flow(bodies, edges, own, room) {
  const graph = timeline(edges), nameOf = (code) => bodies.get(code).info.name ?? code;
  const layers = 1 + Math.max(...graph.nodes.map((node) => node.layer));
  const wide = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, (room - (layers - 1) * GAP_X - 4) / layers));
  const total = arrange(graph, (layer) => 2 + layer * (wide + GAP_X), (y) => y + 16);
  const width = layers * wide + (layers - 1) * GAP_X + 4, height = total + 24;
  const dated = new Map(), short = shorten(graph.nodes.map((node) => nameOf(node.code)));
  const links = graph.links.map(({ from, to, on, continues, itself }) => {
    const x1 = from.x + wide, x2 = to.x, middle = (x1 + x2) / 2, days = dated.get(from) ?? [];
    const label = itself || days.includes(on) ? null : svg('text', { x: x1 + 5, y: from.y - 6 - days.length * 13, class: 'date' }, dayText(on));
    if (label) dated.set(from, [...days, on]);
    return [svg('path', { class: continues ? 'link same' : 'link',
      d: `M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x2} ${to.y}` }), label];
  });
  const boxes = graph.nodes.map((node) => {
    const record = bodies.get(node.code), name = nameOf(node.code);
    const text = lines(short.get(name), wide - 20), top = node.y - (text.length * LINE) / 2 + 5;
    return svg('a', { href: pageOf(node.code), class: `body ${record.status}${node.code === own ? ' own' : ''}` },
      svg('title', {}, `${name} (${node.code}), ${t(record.status === 'open' ? 'OPEN' : 'CLOSED')}`),
      svg('rect', { x: node.x, y: node.y - HEIGHT / 2, width: wide, height: HEIGHT, rx: 8 }),
      text.map((line, i) => svg('text', { x: node.x + 10, y: top + i * LINE }, line)),
      svg('text', { x: node.x + 10, y: top + text.length * LINE + 2, class: 'code' }, node.code));
  });
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': t('PICTURE_OF') },
    links.map(([path]) => path), links.map(([, label]) => label), boxes);
}
