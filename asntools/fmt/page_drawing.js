// The drawing of the graph around an association: shapes by role, and a way through by keyboard.

const ROLES = ["science", "background", "psf", "other"];
const WIDEST = 46, CHARACTER = 6.65, BETWEEN = 96, MARGIN = 14, HIGH = 24, TALL = 38;

// An element, its attributes (functions are listeners), and what it holds.
function make(tag, attributes = {}, ...inside) {
  const svg = ["svg", "g", "path", "rect", "polygon", "text", "title", "line", "circle"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside.filter(each => each !== null && each !== undefined && each !== false));
  return element;
}

const shorten = text => {
  const chars = [...text];
  return chars.length <= WIDEST ? text : chars.slice(0, WIDEST / 2).join("") + "…" + chars.slice(1 - WIDEST / 2).join("");
};

function shapeOf(node, x, y, wide, high) {
  const box = (left, width, round) => make("rect", { class: "shape", x: left, y, width, height: high, rx: round });
  if (node.isProduct) return [box(x, wide, high / 2)];
  if (node.role === "psf") return [box(x, wide, 0), box(x + 4, wide - 8, 0)];
  if (node.role === "science" || node.role === "none") return [box(x, wide, 2)];
  const right = x + wide, bottom = y + high, slant = 8;
  const corners = node.role === "background"
    ? [[x, y + high / 2], [x + slant, y], [right - slant, y], [right, y + high / 2], [right - slant, bottom], [x + slant, bottom]]
    : [[x + slant, y], [right, y], [right - slant, bottom], [x, bottom]];
  return [make("polygon", { class: "shape", points: corners.map(corner => corner.join()).join(" ") })];
}

function legend(shown) {
  const entries = ROLES.filter(role => shown.some(node => node.role === role)).map(role => [role, { role }]);
  if (shown.some(node => node.isProduct)) entries.push(["product", { role: "none", isProduct: true }]);
  if (shown.some(node => node.isMissing)) entries.push(["missing", { role: "none", isMissing: true }]);
  return entries.map(([word, node]) => make("span", { class: "key" },
    make("svg", { width: 28, height: 16, "aria-hidden": "true" },
      make("g", { class: `${node.role}${node.isMissing ? " missing" : ""}` }, ...shapeOf(node, 1.5, 1.5, 25, 13))), word));
}

function drawing(asn, facts) {
  const graph = around(asn, takes, makes);
  const index = new Map(graph.nodes.map((node, i) => [node, i]));
  const shown = graph.nodes.map(node => nodes[node]);
  const makers = graph.nodes.map(node => [...new Set((makes[node] || []).map(each => titleOf(each.asn)))].join("; "));
  const heights = shown.map(node => node.isProduct ? TALL : HIGH);
  const placed = place(heights, graph.links.map(link => [index.get(link.start), index.get(link.end)]));
  const widths = [], lefts = [];
  shown.forEach((node, i) => {
    const length = Math.max(shorten(node.name).length, 0.82 * shorten(makers[i]).length);
    widths[placed.layers[i]] = Math.max(widths[placed.layers[i]] || 0, 26 + CHARACTER * length);
  });
  let width = MARGIN;
  for (let layer = 0; layer < widths.length; layer++) { lefts[layer] = width; width += (widths[layer] || 0) + BETWEEN; }
  width += MARGIN - BETWEEN;
  const height = placed.height + 2 * MARGIN, middle = i => placed.middles[i] + MARGIN;
  const right = i => lefts[placed.layers[i]] + widths[placed.layers[i]];
  const svg = make("svg", { role: "group", "aria-label": "Graph; the arrow keys move, Enter shows details", viewBox: `0 0 ${width} ${height}` });

  const labels = new Map();
  graph.links.forEach((link, number) => {
    const start = index.get(link.start), end = index.get(link.end);
    const role = [...link.roles.values()].sort((a, b) => ROLES.indexOf(a) - ROLES.indexOf(b))[0];
    let x = right(start), y = middle(start), path = `M${x} ${y}`;
    const curve = (toX, toY) => {
      const reach = Math.max(BETWEEN, Math.abs(toX - x)) / 2;
      path += `C${x + reach} ${y} ${toX - reach} ${toY} ${toX} ${toY}`;
    };
    placed.bends[number].forEach((bend, step) => {
      const layer = placed.layers[start] + 1 + step;
      curve(lefts[layer], bend + MARGIN);
      x = lefts[layer] + (widths[layer] || 0); y = bend + MARGIN;
      path += `H${x}`;
    });
    const tipX = lefts[placed.layers[end]], tipY = middle(end);
    curve(tipX - 5, tipY);
    svg.append(make("path", { class: `link ${role}`, d: path }),
      make("path", { class: `tip ${role}`, d: `M${tipX - 6} ${tipY - 3.2}L${tipX} ${tipY}L${tipX - 6} ${tipY + 3.2}z` }));
    for (const exptype of link.roles.keys()) labels.set(start, (labels.get(start) || new Set()).add(exptype));
  });
  for (const [start, exptypes] of labels)
    if ([...exptypes].some(exptype => exptype.toLowerCase() !== "science"))
      svg.append(make("text", { class: "small role", x: right(start) + 4, y: middle(start) - 7 }, shorten([...exptypes].join(", "))));

  const groups = shown.map((node, i) => {
    const left = lefts[placed.layers[i]], wide = widths[placed.layers[i]], y = middle(i), centre = left + wide / 2;
    const classes = ["node", node.role, graph.own.has(graph.nodes[i]) && "chosen", node.isMissing && "missing"];
    const words = [node.name, node.isProduct ? `product of ${makers[i]}` : node.role, node.isMissing && "missing"];
    const group = make("g", {
      class: classes.filter(Boolean).join(" "), role: "button", tabindex: "-1", "aria-pressed": "false",
      click: () => show(i),
    }, make("title", {}, words.filter(each => each && each !== "none").join(", ")), ...shapeOf(node, left, y - heights[i] / 2, wide, heights[i]),
      make("text", { x: centre, y: makers[i] ? y - 7 : y }, shorten(node.name)));
    if (makers[i]) group.append(make("text", { class: "small", x: centre, y: y + 9 }, shorten(makers[i])));
    return group;
  });
  svg.append(...groups);
  const show = i => {
    groups.forEach((group, other) => group.setAttribute("aria-pressed", String(other === i)));
    reach(i);
    facts.replaceChildren(factsOf(graph.nodes[i], asn));
  };
  // One node at a time can be reached by Tab; the arrows go up and down a layer, and along the links.
  const reach = i => groups.forEach((group, other) => { group.setAttribute("tabindex", other === i ? "0" : "-1"); });
  const near = (i, key) => {
    const nearest = list => list.sort((a, b) => Math.abs(middle(a) - middle(i)) - Math.abs(middle(b) - middle(i)))[0];
    if (key === "ArrowLeft") return nearest(graph.links.filter(link => index.get(link.end) === i).map(link => index.get(link.start)));
    if (key === "ArrowRight") return nearest(graph.links.filter(link => index.get(link.start) === i).map(link => index.get(link.end)));
    const sign = key === "ArrowDown" ? 1 : -1;
    return nearest([...groups.keys()].filter(other => placed.layers[other] === placed.layers[i] && sign * (middle(other) - middle(i)) > 0));
  };
  svg.addEventListener("keydown", event => {
    const i = groups.indexOf(event.target.closest(".node"));
    if (i < 0) return;
    if (event.key === "Enter" || event.key === " ") show(i);
    else if (event.key.startsWith("Arrow")) {
      const next = near(i, event.key);
      if (next !== undefined) { reach(next); groups[next].focus(); }
    } else return;
    event.preventDefault();
  });
  if (groups.length) reach(0);

  let scale = 1;
  const resize = to => {
    scale = Math.min(2, Math.max(0.2, to));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
  };
  resize(Math.min(1, Math.max(0.7, (byId("chosen").clientWidth - 46) / width)));
  const zoom = (sign, label, by) => make("button", { type: "button", "aria-label": label, click: () => resize(scale * by) }, sign);
  const frame = make("div", { class: "graph", tabindex: "0", role: "region", "aria-label": "Graph of members and products" }, svg);
  requestAnimationFrame(() => groups[0]?.scrollIntoView({ block: "nearest", inline: "nearest" }));
  return make("figure", {},
    make("div", { class: "tools" }, ...legend(shown),
      graph.left > 0 && make("span", {}, `${count(graph.left, "file")} further away not drawn`),
      make("span", { class: "zoom" }, zoom("−", "Smaller", 0.8), zoom("+", "Larger", 1.25))),
    frame);
}

// The sky: footprints in a tangent plane, north up and east to the left, one drawing per field.

const SKY = 260, MOST_FIELDS = 12, DEGREE = Math.PI / 180;

function unitVector([ra, dec]) {
  return [Math.cos(dec * DEGREE) * Math.cos(ra * DEGREE), Math.cos(dec * DEGREE) * Math.sin(ra * DEGREE), Math.sin(dec * DEGREE)];
}

function middleOf(places) {
  const [x, y, z] = [0, 1, 2].map(axis => places.reduce((sum, place) => sum + unitVector(place)[axis], 0));
  return [(Math.atan2(y, x) / DEGREE + 360) % 360, Math.atan2(z, Math.hypot(x, y)) / DEGREE];
}

// In arcseconds from the centre, to the right and down.
function onPlane([ra, dec], [ra0, dec0]) {
  const across = (ra - ra0) * DEGREE, up = dec * DEGREE, up0 = dec0 * DEGREE;
  const scale = 3600 / DEGREE / (Math.sin(up0) * Math.sin(up) + Math.cos(up0) * Math.cos(up) * Math.cos(across));
  return [-scale * Math.cos(up) * Math.sin(across), -scale * (Math.cos(up0) * Math.sin(up) - Math.sin(up0) * Math.cos(up) * Math.cos(across))];
}

function sexagesimal(value, digits) {
  const total = Math.round(Math.abs(value) * 3600 * 10 ** digits) / 10 ** digits;
  const two = (number, more = 0) => number.toFixed(more).padStart(more ? 3 + more : 2, "0");
  return [two(Math.floor(total / 3600)), two(Math.floor(total / 60) % 60), two(total % 60, digits)].join(":");
}

// members: for each its name, its role, its shapes (of pairs of degrees), and what a click on it does.
function skies(members) {
  const fields = [];
  for (const member of members) {
    const centre = middleOf(member.shapes.flat());
    const field = fields.find(each => Math.hypot(...unitVector(each.centre).map((x, axis) => x - unitVector(centre)[axis])) < DEGREE);
    if (field) field.members.push(member);
    else if (fields.length < MOST_FIELDS) fields.push({ centre, members: [member] });
  }
  return fields.map(drawField);
}

function drawField({ members }) {
  const centre = middleOf(members.map(member => middleOf(member.shapes.flat())));
  const shapes = members.flatMap(member => member.shapes.map(shape => ({ member, corners: shape.map(place => onPlane(place, centre)) })));
  const xs = shapes.flatMap(shape => shape.corners.map(corner => corner[0])), ys = shapes.flatMap(shape => shape.corners.map(corner => corner[1]));
  const least = list => list.reduce((a, b) => Math.min(a, b)), most = list => list.reduce((a, b) => Math.max(a, b));
  const size = Math.max(most(xs) - least(xs), most(ys) - least(ys), 10) * 1.16;
  const left = (most(xs) + least(xs) - size) / 2, top = (most(ys) + least(ys) - size) / 2;
  const toX = x => (x - left) / size * SKY, toY = y => (y - top) / size * SKY;
  // The scale: the roundest length near a quarter of the drawing.
  const length = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600].filter(each => each <= size / 3).pop() ?? 1;
  const words = length >= 60 ? `${length / 60}′` : `${length}″`;
  const order = [...shapes].sort((a, b) => ROLES.indexOf(b.member.role) - ROLES.indexOf(a.member.role));
  const [ra, dec] = centre, end = 14 + length / size * SKY;
  return make("figure", {},
    make("svg", { width: SKY, height: SKY, viewBox: `0 0 ${SKY} ${SKY}`, role: "img", "aria-label": `Footprints of ${count(members.length, "member")}` },
      ...order.map(({ member, corners }) => make("g", { class: `node ${member.role}`, click: member.click }, make("title", {}, `${member.name}, ${member.role}`),
        corners.length > 1
          ? make("polygon", { class: "shape", points: corners.map(([x, y]) => `${toX(x)},${toY(y)}`).join(" ") })
          : make("circle", { class: "shape", cx: toX(corners[0][0]), cy: toY(corners[0][1]), r: 5 }))),
      make("path", { class: "ruler", d: `M14 ${SKY - 12}H${end}M${SKY - 14} 34V12M${SKY - 14} 34H${SKY - 36}` }),
      make("text", { x: (14 + end) / 2, y: SKY - 20 }, words), make("text", { x: SKY - 14, y: 6 }, "N"), make("text", { x: SKY - 42, y: 34 }, "E")),
    make("figcaption", {}, `${sexagesimal(ra / 15, 1)} ${dec < 0 ? "−" : "+"}${sexagesimal(dec, 0)}`));
}

