// The page: a list of associations to search, sort and choose from, and what there is to see of the chosen one.

const ROWS = 100;
const byId = id => document.getElementById(id);
const count = (number, one, many = one + "s") => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

// The data

const data = JSON.parse(byId("data").textContent), texts = data.texts;
const nodes = data.nodes.map(([name, flags, role]) => ({
  name: texts[name], isProduct: (flags & 1) > 0, isMissing: (flags & 2) > 0, role: ROLES[role] || "none",
}));
const takes = [], makes = [];
const asns = data.asns.map((row, number) => {
  const [program, id, type, rule, target, pool, degraded, constraints] = row.map(each => texts[each]);
  const asn = { number, program, id, type, rule, target, pool, degraded, constraints };
  asn.products = row[8].map(([node, name, members]) => {
    const product = { node, name: texts[name], asn };
    product.members = members.map(([source, expname, exptype, role, missing, ...facts]) => {
      const member = { node: source, expname: texts[expname], exptype: texts[exptype], role: ROLES[role], isMissing: missing > 0, facts };
      (takes[source] ||= []).push({ asn, product, member });
      return member;
    });
    (makes[node] ||= []).push({ asn, product });
    return product;
  });
  asn.product = asn.products.length ? asn.products[0].name : "";
  asn.members = asn.products.reduce((sum, product) => sum + product.members.length, 0);
  asn.missing = asn.products.reduce(
    (sum, product) => sum + product.members.filter(member => member.isMissing).length, 0);
  return asn;
});
const titleOf = asn => [asn.id, asn.type, asn.rule].filter(Boolean).join(" ") || "association";

// The list: what is searched for, in which order, which page of it

const COLUMNS = [
  ["program", "Program"], ["id", "Id"], ["type", "Type"], ["rule", "Rule"], ["target", "Target"],
  ["members", "Members"], ...(data.looked ? [["missing", "Missing"]] : []), ["product", "Product"],
];
const FACETS = [["program", "Program"], ["type", "Type"], ["rule", "Rule"]], MOST_VALUES = 200;
const state = { words: [], picked: {}, sort: null, down: false, page: 0, chosen: null, current: null };
const collator = new Intl.Collator("en", { numeric: true });
let found = asns;

function haystack(asn) {
  asn.haystack ??= [
    asn.program, asn.id, asn.type, asn.rule, asn.target, asn.pool, asn.constraints,
    ...asn.products.flatMap(product => [product.name, ...product.members.flatMap(each => [each.expname, each.exptype])]),
  ].join("\n").toLowerCase();
  return asn.haystack;
}

function refresh({ keepPage = false } = {}) {
  const matching = asns.filter(asn => state.words.every(word => haystack(asn).includes(word)));
  const fits = (asn, but) => FACETS.every(([key]) => key === but || !(key in state.picked) || asn[key] === state.picked[key]);
  found = matching.filter(asn => fits(asn));
  if (state.sort) {
    const key = state.sort, sign = state.down ? -1 : 1;
    found.sort((a, b) => sign * (typeof a[key] === "number" ? a[key] - b[key] : collator.compare(a[key], b[key])) || a.number - b.number);
  }
  if (!keepPage) state.page = 0;
  showFacets(key => matching.filter(asn => fits(asn, key)));
  showRows();
}

function showFacets(among) {
  const focused = document.activeElement?.closest?.(".facet button")?.dataset.value;
  byId("facets").replaceChildren(...FACETS.map(([key, heading]) => {
    const counts = new Map();
    for (const asn of among(key)) counts.set(asn[key], (counts.get(asn[key]) || 0) + 1);
    if (key in state.picked && !counts.has(state.picked[key])) counts.set(state.picked[key], 0);
    const values = [...counts].sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0]));
    const most = Math.max(1, ...counts.values());
    const entry = ([value, many]) => {
      const share = make("span", { class: "share" });
      share.style.width = `${100 * many / most}%`;
      const pick = () => {
        if (state.picked[key] === value) delete state.picked[key];
        else state.picked[key] = value;
        refresh();
      };
      return make("li", {}, make("button",
        { type: "button", "aria-pressed": String(state.picked[key] === value), "data-value": `${key}=${value}`, click: pick },
        make("span", { title: value }, value || "(none)"), make("span", { class: "count" }, many.toLocaleString("en")), share));
    };
    return make("section", { class: "facet", "aria-label": heading },
      make("h2", {}, `${heading} · ${counts.size.toLocaleString("en")}`),
      make("ul", {}, ...values.slice(0, MOST_VALUES).map(entry)),
      values.length > MOST_VALUES && make("p", {}, `and ${values.length - MOST_VALUES} more: search for them`));
  }));
  if (focused !== undefined)
    [...document.querySelectorAll(".facet button")].find(button => button.dataset.value === focused)?.focus();
}

function showRows() {
  const pages = Math.max(1, Math.ceil(found.length / ROWS)), from = state.page * ROWS;
  const shown = found.slice(from, from + ROWS);
  byId("heads").replaceChildren(...COLUMNS.map(([key, heading]) => {
    const order = state.sort === key ? (state.down ? "descending" : "ascending") : null;
    return make("th", { scope: "col", "aria-sort": order }, make("button", { type: "button", "data-key": key, click: () => sortBy(key) }, heading));
  }));
  byId("rows").replaceChildren(...shown.map(rowOf));
  setCurrent(shown.includes(state.chosen) ? from + shown.indexOf(state.chosen) : from, false);
  byId("found").textContent = found.length === asns.length ? count(asns.length, "association")
    : `${count(found.length, "association")} of ${asns.length.toLocaleString("en")}`;
  byId("clear").hidden = !state.words.length && !Object.keys(state.picked).length;
  byId("page").textContent = `${state.page + 1} / ${pages}`;
  byId("previous").disabled = state.page === 0;
  byId("next").disabled = state.page + 1 >= pages;
}

function rowOf(asn) {
  const cell = ([key]) => {
    const value = asn[key];
    if (key === "missing") return make("td", { class: value ? "number alarm" : "number" }, value ? String(value) : "");
    if (typeof value === "number") return make("td", { class: "number" }, value.toLocaleString("en"));
    if (key !== "product") return make("td", {}, value);
    const more = asn.products.length > 1 ? ` and ${asn.products.length - 1} more` : "";
    return make("td", { class: "long", title: value + more }, value + more);
  };
  return make("tr", {
    tabindex: "-1", "data-number": asn.number, "aria-current": state.chosen === asn ? "true" : null, click: () => choose(asn),
  }, ...COLUMNS.map(cell));
}

function sortBy(key) {
  state.down = state.sort === key && !state.down;
  state.sort = key;
  refresh();
  document.querySelector(`#heads [data-key="${key}"]`).focus();
}

// One row at a time can be reached by Tab: the current one, which the arrows move.
function setCurrent(index, focus) {
  const from = state.page * ROWS;
  if (index < from || index >= Math.min(found.length, from + ROWS)) {
    if (index < 0 || index >= found.length) return;
    state.page = Math.floor(index / ROWS);
    showRows();
  }
  state.current = index;
  [...byId("rows").children].forEach((row, number) => {
    const isCurrent = number === index - state.page * ROWS;
    row.tabIndex = isCurrent ? 0 : -1;
    if (isCurrent && focus) { row.focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
  });
}

function turn(by) {
  state.page += by;
  showRows();
  byId("scroller").scrollTop = 0;
}

byId("rows").addEventListener("keydown", event => {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 };
  if (event.key in steps) {
    const wanted = Math.min(found.length - 1, Math.max(0, state.current + steps[event.key]));
    setCurrent(wanted, true);
  } else if (event.key === "Home" || event.key === "End") setCurrent(event.key === "Home" ? 0 : found.length - 1, true);
  else if (event.key === "Enter" || event.key === " ") choose(asns[event.target.closest("tr").dataset.number]);
  else return;
  event.preventDefault();
});

// The chosen association

function choose(asn, { quietly = false } = {}) {
  state.chosen = asn;
  for (const row of byId("rows").children) {
    if (Number(row.dataset.number) === asn.number) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  if (!quietly && location.hash !== `#${asn.number + 1}`) location.hash = String(asn.number + 1);
  const panel = byId("chosen");
  panel.replaceChildren(...describe(asn));
  panel.scrollTop = 0;
  if (!quietly && matchMedia("(max-width: 1150px)").matches) panel.scrollIntoView();
}

// From a link to an association: show it, and in the list too.
function goTo(asn) {
  choose(asn);
  const index = found.indexOf(asn);
  if (index >= 0) setCurrent(index, false);
  byId("chosen").focus();
}

function describe(asn) {
  const keywords = [["program", asn.program], ["target", asn.target], ["pool", asn.pool]].filter(each => each[1]);
  const degraded = asn.degraded && !/^no known/i.test(asn.degraded);
  const facts = make("div", { "aria-live": "polite" });
  return [
    make("div", {},
      make("h2", {}, titleOf(asn)),
      make("dl", { class: "keywords" }, ...keywords.map(([key, value]) => make("div", {}, make("dt", {}, key), make("dd", {}, value))))),
    degraded && make("p", { class: "alarm" }, asn.degraded),
    asn.missing > 0 && make("p", { class: "alarm" }, `${count(asn.missing, "member")} of ${asn.members.toLocaleString("en")} missing`),
    drawing(asn, facts),
    facts,
    skyOf(asn, facts),
    ...asn.products.map(product => memberTable(asn, product)),
    asn.constraints && make("details", {}, make("summary", {}, "Constraints"),
      make("dl", { class: "constraints" }, ...asn.constraints.split("\n").flatMap(line => {
        const [key, ...value] = line.split(": ");
        return [make("dt", {}, key), make("dd", {}, value.join(": ") || "–")];
      }))),
  ].filter(Boolean);
}

function skyOf(asn, facts) {
  const members = asn.products.flatMap(product => product.members).filter(member => data.shapes[member.node]);
  if (!members.length) return null;
  const pairs = flat => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  return make("section", { "aria-label": "On the sky" }, make("h3", {}, "On the sky"),
    make("div", { class: "sky" }, ...skies(members.map(member => ({
      name: member.expname, role: member.role, shapes: data.shapes[member.node].map(pairs),
      click: () => facts.replaceChildren(factsOf(member.node, asn)),
    })))));
}

function memberTable(asn, product) {
  const roles = new Map();
  for (const member of product.members) roles.set(member.exptype, (roles.get(member.exptype) || 0) + 1);
  const row = member => make("tr", {},
    make("td", {}, member.exptype || "(no exptype)"),
    make("td", { class: "name" }, member.expname),
    data.looked && make("td", { class: member.isMissing ? "alarm" : null }, member.isMissing ? "missing" : "there"));
  const heads = ["Role", "File", ...(data.looked ? ["Found"] : [])];
  return make("section", { "aria-label": `Members of ${product.name}` },
    make("h3", { class: "name" }, product.name || "(no name)"),
    make("details", { open: asn.products.length === 1 && product.members.length <= 12 },
      make("summary", {}, count(product.members.length, "member") + (roles.size ? ": " : "")
        + [...roles].map(([role, many]) => `${many.toLocaleString("en")} ${role || "(no exptype)"}`).join(", ")),
      make("table", { class: "members" },
        make("thead", {}, make("tr", {}, ...heads.map(head => make("th", { scope: "col" }, head)))),
        make("tbody", {}, ...product.members.map(row)))));
}

// The facts of one node

function factsOf(number, asn) {
  const node = nodes[number], made = makes[number] || [], taken = takes[number] || [];
  const go = (each, words) => make("li", {}, make("button", { type: "button", click: () => goTo(each.asn) }, words));
  const links = (heading, list) => {
    const entries = [...new Set(list)];
    return entries.length > 0 && make("div", {}, make("h3", {}, heading), make("ul", { class: "go" }, ...entries));
  };
  // As a member of the chosen association it may be several files, and one file in several roles.
  const here = taken.filter(each => each.asn === asn);
  const known = (here.length ? here : taken.slice(0, 1)).flatMap(({ member }) => {
    const said = [["expname", member.expname], ["exptype", member.exptype]];
    for (let i = 0; i < member.facts.length; i += 2) said.push([texts[member.facts[i]], texts[member.facts[i + 1]]]);
    if (data.looked) said.push(["file", member.isMissing ? "missing" : "there"]);
    return said;
  });
  const exposure = data.facts[number] || [], said = [];
  for (let i = 0; i < exposure.length; i += 2) said.push(make("dt", {}, texts[exposure[i]]), make("dd", {}, texts[exposure[i + 1]]));
  return make("section", { class: "facts", "aria-label": `Facts of ${node.name}` },
    make("h3", { class: "name" }, node.name),
    make("dl", {}, ...known.flatMap(([key, value]) => [make("dt", {}, key), make("dd", { class: value === "missing" ? "alarm" : null }, value)])),
    links("Made by", made.map(each => go(each, titleOf(each.asn)))),
    links("Goes into", taken.map(each => go(each, `${titleOf(each.asn)}, as ${each.member.exptype || "(no exptype)"}`))),
    said.length > 0 && make("details", { open: true }, make("summary", {}, "Exposure"), make("dl", { class: "exposure" }, ...said)));
}

// Light and dark

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
function showTheme() { byId("theme").textContent = isDark() ? "Light" : "Dark"; }
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);

// All together

let waiting;
byId("search").addEventListener("input", event => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    refresh();
  }, 80);
});
byId("search").addEventListener("keydown", event => {
  if ((event.key === "ArrowDown" || event.key === "Enter") && found.length) { setCurrent(state.page * ROWS, true); event.preventDefault(); }
});
byId("clear").addEventListener("click", () => {
  state.words = [];
  state.picked = {};
  byId("search").value = "";
  refresh();
  byId("search").focus();
});
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
document.addEventListener("keydown", event => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input")) { byId("search").focus(); event.preventDefault(); }
});
const fromHash = () => asns[Number(location.hash.slice(1)) - 1];
addEventListener("hashchange", () => { const asn = fromHash(); if (asn && asn !== state.chosen) choose(asn, { quietly: true }); });

byId("summary").textContent = [
  count(asns.length, "association"), count(new Set(asns.map(asn => asn.program)).size, "program"),
  count(nodes.filter(node => node.isProduct).length, "product"), count(nodes.filter(node => !node.isProduct).length, "file"),
].join(" · ");
showTheme();
refresh();
if (asns.length) {
  choose(fromHash() || asns[0], { quietly: true });
  const index = found.indexOf(state.chosen);
  if (index >= 0) setCurrent(index, false);
} else byId("chosen").append(make("p", { class: "soft" }, "There are no associations to show."));
