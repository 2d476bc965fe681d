// What feeds an association and what it feeds, and where that goes in a drawing.

const GAP = 9, APART = 26, SWEEPS = 8, MOST_NODES = 300;

/* The nodes and links around an association: all that goes into it, by way of others too, and the products that
   its own go into. The nearest come first, so that those are left out that are furthest where there are too many.
   takes and makes give for a node the associations and products that take and that make it. */
function around(chosen, takes, makes) {
  const nodes = new Set(), links = new Map();
  let left = 0;
  const add = node => {
    if (nodes.has(node)) return true;
    if (nodes.size >= MOST_NODES) { left++; return false; }
    nodes.add(node);
    return true;
  };
  const link = (member, product) => {
    if (member.node === product.node) return;
    const key = member.node + ">" + product.node;
    if (!links.has(key)) links.set(key, { start: member.node, end: product.node, roles: new Map() });
    links.get(key).roles.set(member.exptype, member.role);
  };
  for (const product of chosen.products) add(product.node);
  const own = new Set(nodes);
  const up = [...chosen.products];
  for (const product of up)
    for (const member of product.members) {
      const known = nodes.has(member.node);
      if (!add(member.node)) continue;
      link(member, product);
      if (!known) for (const maker of makes[member.node] || []) up.push(maker.product);
    }
  const down = [...own], seen = new Set(own);
  for (const node of down)
    for (const { product, member } of takes[node] || []) {
      if (!add(product.node)) continue;
      link(member, product);
      if (!seen.has(product.node)) { seen.add(product.node); down.push(product.node); }
    }
  return { nodes: [...nodes], own, links: [...links.values()], left };
}

/* The layer of each node: beyond all that goes into it, but for circles; what nothing goes into stands right
   before the first that it goes into. */
function layersOf(count, links) {
  const after = Array.from({ length: count }, () => []), waiting = new Array(count).fill(0);
  for (const [start, end] of links) { after[start].push(end); waiting[end]++; }
  const layers = new Array(count).fill(0), done = new Array(count).fill(false);
  const first = [...waiting.keys()].filter(node => !waiting[node]);
  const ready = [...first];
  for (let forced = 0, at = 0; forced <= count; forced++) {
    for (; at < ready.length; at++) {
      const node = ready[at];
      if (done[node]) continue;
      done[node] = true;
      for (const end of after[node]) {
        if (done[end]) continue;
        layers[end] = Math.max(layers[end], layers[node] + 1);
        if (!--waiting[end]) ready.push(end);
      }
    }
    if (forced < count && !done[forced]) ready.push(forced);
  }
  for (const node of first)
    if (after[node].length) layers[node] = Math.min(...after[node].map(end => layers[end])) - 1;
  return layers;
}

// Places in the given order, without overlap, as near to the wishes as can be: pools of adjacent violators.
function spread(wishes, heights) {
  const offsets = [], pools = [];
  heights.forEach((height, i) => {
    offsets.push((i ? offsets[i - 1] + heights[i - 1] / 2 : 0) + height / 2 + GAP);
    let total = wishes[i] - offsets[i], many = 1;
    while (pools.length && pools.at(-1)[0] / pools.at(-1)[1] >= total / many) {
      const [more, others] = pools.pop();
      total += more; many += others;
    }
    pools.push([total, many]);
  });
  const bases = pools.flatMap(([total, many]) => new Array(many).fill(total / many));
  return bases.map((base, i) => base + offsets[i]);
}

/* Where nodes go: a layer and a middle for each, and for each link the middles at which it passes through the
   layers between. Links are pairs of numbers of nodes. */
function place(heights, links) {
  const layers = layersOf(heights.length, links);
  const all = [...heights], column = [...layers], before = heights.map(() => []), after = heights.map(() => []);
  const join = (start, end) => { after[start].push(end); before[end].push(start); };
  const bends = links.map(([start, end]) => {
    const through = [];
    for (let layer = layers[start] + 1; layer < layers[end]; layer++) {
      through.push(all.length);
      all.push(0); column.push(layer); before.push([]); after.push([]);
    }
    [start, ...through].forEach((node, i) => join(node, through[i] ?? end));
    return through;
  });
  const middles = new Array(all.length).fill(0), seen = new Set();
  let height = 0;
  for (let root = 0; root < all.length; root++) {
    if (seen.has(root)) continue;
    const part = [root];
    seen.add(root);
    for (const node of part)
      for (const other of [...before[node], ...after[node]])
        if (!seen.has(other)) { seen.add(other); part.push(other); }
    placePart(part.sort((a, b) => a - b), all, column, before, after, middles);
    const top = Math.min(...part.map(node => middles[node] - all[node] / 2));
    for (const node of part) middles[node] += height - top;
    height = Math.max(...part.map(node => middles[node] + all[node] / 2)) + APART;
  }
  return {
    layers, middles: middles.slice(0, heights.length), height: Math.max(0, height - APART),
    bends: bends.map(through => through.map(node => middles[node])),
  };
}

function placePart(part, heights, column, before, after, middles) {
  const order = [];
  for (const node of part) (order[column[node]] ||= []).push(node);
  const columns = order.filter(Boolean);
  const stack = (nodes, wishes) =>
    spread(wishes, nodes.map(node => heights[node])).forEach((middle, i) => { middles[nodes[i]] = middle; });
  const wish = (node, near) =>
    near.length ? near.reduce((sum, other) => sum + middles[other], 0) / near.length : middles[node];
  for (const nodes of columns) stack(nodes, nodes.map(() => 0));
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep++) {
    const sorting = sweep < SWEEPS, backwards = sweep % 2;
    for (const nodes of backwards ? [...columns].reverse() : columns) {
      const near = node =>
        !sorting ? [...before[node], ...after[node]] : backwards ? after[node] : before[node];
      const wishes = new Map(nodes.map(node => [node, wish(node, near(node))]));
      if (sorting) nodes.sort((a, b) => wishes.get(a) - wishes.get(b));
      stack(nodes, nodes.map(node => wishes.get(node)));
    }
  }
}
