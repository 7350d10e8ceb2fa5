"use strict";
/* The page of a replay: the table of policies, cost against missing instances, and the curves over the load.
   Text from the data is only ever set as text, never as markup. */

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { element } = Charts;
  const id = name => document.getElementById(name);
  const number = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
  const hues = ["#1d5fd1", "#b45309", "#0f766e", "#a21caf", "#b42318", "#4d7c0f", "#0369a1", "#7c3aed", "#92400e", "#475569"];
  const hueOf = index => hues[index % hues.length];
  const percent = share => (share === 0 ? "0 %" : share < 1e-4 ? "<0.01 %" : `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`);
  const { policies, load } = data;
  /* Curves drawn at first: more of them hide each other. */
  const SHOWN = 3;
  let clock = Charts.clock(data.zone);
  let charts = null;

  function covering(times, ms) {
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= ms) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  const changeTimes = policies.map(policy => policy.serving.map(([time]) => time));
  function instances(policy, ms) {
    const at = covering(changeTimes[policy], ms);
    return at < 0 ? null : policies[policy].serving[at][1];
  }

  /* --- Tables ------------------------------------------------------------------------------------- */

  function table(caption, headings, rows, className = "") {
    const cell = (content, column) => {
      const { text, className, node } = typeof content === "object" && content !== null ? content : { text: content };
      const made = element(column ? "td" : "th", { className: className ?? "" }, node ?? text ?? "");
      made.dataset.label = headings[column].text ?? headings[column];
      if (!column) made.scope = "row";
      return made;
    };
    const head = headings.map(heading => element("th", { scope: "col", className: heading.className ?? "" }, heading.text ?? heading));
    const body = rows.map(row => element("tr", {}, ...row.map(cell)));
    return element("table", { className },
      element("caption", {}, caption), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  }

  const right = text => ({ text, className: "number" });

  function policiesTable() {
    const rows = policies.map(policy => [
      policy.name, policy.strategy, right(number.format(policy.cost)), right(policy.overOptimum.toFixed(2)),
      { text: percent(policy.tooFew), className: `number ${policy.tooFew <= data.budget ? "better" : "worse"}` },
      right(percent(policy.sloMissed)), right(policy.changesPerDay.toFixed(1)),
    ]);
    const headings = ["Policy", "Acts", right("Cost"), right("Of optimum"), right("Too few"), right("SLO missed"), right("Changes a day")];
    const kept = policies.filter(policy => policy.tooFew <= data.budget).length;
    id("policies-lead").textContent = `${kept} of ${policies.length} had too few instances for at most ${percent(data.budget)} of the time. Of optimum: cost over the least that carries all load.`;
    id("policies").querySelector(".scroll").replaceChildren(table("Within the budget first, the cheapest first; then the safest first.", headings, rows, "cards"));
  }

  function incidentsTable() {
    const all = policies.flatMap(policy => policy.incidents.map(incident => ({ policy, incident })));
    if (!all.length) {
      id("incidents").querySelector(".scroll").replaceChildren(element("p", {}, "No policy had too few instances at any time."));
      return;
    }
    const rows = all.map(({ policy, incident }) => {
      const show = element("button", { type: "button" }, clock.full(incident.from));
      show.addEventListener("click", () => {
        const margin = Math.max(incident.to - incident.from, 1800000) * 3;
        charts?.show(incident.from - margin, incident.to + margin);
        id("charts").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
      });
      const minutes = Math.round((incident.to - incident.from) / 60000);
      return [policy.name, { node: show }, right(`${minutes} min`), right(String(incident.missing)), right(number.format(incident.peakLoad))];
    });
    const headings = ["Policy", "From", right("Length"), right("Instances missing"), right("Peak load")];
    id("incidents").querySelector(".scroll").replaceChildren(table(`Times in ${clock.zone}.`, headings, rows, "cards"));
  }

  /* --- Cost against too few instances ------------------------------------------------------------- */

  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes, ...children) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function pareto() {
    const least = 1e-4;
    const points = policies.map((policy, index) => ({ name: policy.name, u: policy.tooFew, cost: policy.overOptimum, index }));
    const frontier = data.frontier.map(([u, cost]) => ({ u, cost })).sort((a, b) => a.u - b.u);
    const [width, height, left, bottom, top, side] = [720, 360, 52, 44, 12, 16];
    const most = Math.min(Math.max(1.5, ...points.map(point => point.cost)) * 1.05, 12);
    const near = frontier.filter(point => point.u <= 0.02).map(point => point.cost);
    const low = Math.min(1, ...near, ...points.map(point => point.cost)) * 0.95;
    const span = [Math.log10(least), 0];
    const x = u => left + (Math.log10(Math.max(u, least)) - span[0]) / (span[1] - span[0]) * (width - left - side);
    const y = cost => height - bottom - (Math.max(Math.min(cost, most), low) - low) / (most - low) * (height - bottom - top);
    const text = (at, words, more = {}) => svg("text", { x: at[0], y: at[1], "font-size": 12, fill: "currentColor", ...more }, words);
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Cost of each policy over the share of time with too few instances. The table above has the same values.", class: "scatter" });
    for (const u of [1e-4, 1e-3, 1e-2, 0.1, 1]) {
      drawing.append(svg("line", { x1: x(u), x2: x(u), y1: top, y2: height - bottom, stroke: "currentColor", opacity: 0.15 }),
        text([x(u), height - bottom + 16], u === least ? "≤ 0.01 %" : percent(u), { "text-anchor": u === 1 ? "end" : "middle" }));
    }
    for (let k = 0; k <= 4; k++) {
      const cost = low + (most - low) * k / 4;
      drawing.append(svg("line", { x1: left, x2: width - side, y1: y(cost), y2: y(cost), stroke: "currentColor", opacity: 0.15 }),
        text([left - 6, y(cost) + 4], cost.toFixed(2), { "text-anchor": "end" }));
    }
    drawing.append(text([(left + width) / 2, height - 6], "time with too few instances", { "text-anchor": "middle" }));
    const path = frontier.map((point, i) => `${i ? "L" : "M"}${x(point.u)} ${y(point.cost)}`).join(" ");
    if (path) drawing.append(svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 2, opacity: 0.6 }));
    drawing.append(svg("line", { x1: x(data.budget), x2: x(data.budget), y1: top, y2: height - bottom, stroke: "currentColor", "stroke-dasharray": "4 4" }));
    const taken = [];
    for (const point of points) {
      const at = [x(point.u), y(point.cost)];
      drawing.append(svg("circle", { cx: at[0], cy: at[1], r: 5, fill: hueOf(point.index) }, svg("title", {}, `${point.name}: ${percent(point.u)}, ${point.cost.toFixed(2)}`)));
      let line = at[1] + 4;
      while (taken.some(([tx, ty]) => Math.abs(tx - at[0]) < 110 && Math.abs(ty - line) < 12)) line -= 12;
      taken.push([at[0], line]);
      const end = at[0] > width - 140;
      drawing.append(text([at[0] + (end ? -9 : 9), line], point.name, { "text-anchor": end ? "end" : "start", "font-size": 11 }));
    }
    id("pareto-chart").replaceChildren(drawing);
  }

  /* --- Curves ------------------------------------------------------------------------------------- */

  function columns() {
    const tables = [[load.time, load.load], ...policies.map(policy => [policy.serving.map(([time]) => time), policy.serving.map(([, count]) => count * data.carriedPerInstance)])];
    return uPlot.join(tables.filter(([times]) => times.length));
  }

  /* A count holds until the next change; a join leaves holes where only another column has a point. */
  function held(column) {
    let last = null;
    return column.map(value => (value === undefined || value === null ? last : (last = value)));
  }

  function lines(ms) {
    const past = covering(load.time, ms);
    const value = past < 0 ? null : load.load[past];
    const texts = [`Load ${value === null ? "unknown (gap)" : number.format(value)}`];
    policies.forEach((policy, index) => {
      if (!charts || charts.charts[0]?.plot.series[index + 2].show) texts.push(`${policy.name}: ${instances(index, ms) ?? "–"} instances`);
    });
    return texts;
  }
  const spoken = ms => [clock.full(ms), ...lines(ms)].join("; ");
  const tip = ms => [element("strong", {}, clock.full(ms)), ...lines(ms).map(text => element("p", {}, text))];

  function drawCurves() {
    if (!load.time.length) return id("charts").remove();
    const [times, first, ...rest] = columns();
    const [from, to] = data.scored;
    const bounds = { min: times[0], max: Math.max(times.at(-1), to), narrowest: 5 * 60000 };
    charts = Charts.group(bounds, { min: Math.max(from, to - 7 * 86400000), max: to });
    charts.onView = view => { id("range").textContent = `${clock.full(view.min)} to ${clock.full(view.max)}`; };
    const stepped = uPlot.paths.stepped({ align: 1 });
    const series = [{ label: "Load", stroke: () => Charts.colour("--history"), width: 1.3, points: { show: false } },
      ...policies.map((policy, index) => ({ label: policy.name, stroke: hueOf(index), width: 1.6, paths: stepped, points: { show: false }, show: index < SHOWN }))];
    const height = innerWidth < 640 ? 280 : 400;
    const chart = Charts.add(charts, id("chart"), {
      label: "Load, and the load that the instances of each policy carry within the utilization aimed at.",
      data: [times, first, ...rest.map(held)], series, bands: [], height, marks: [{ time: from, label: "scored from here" }], tooltip: tip, spoken,
    });
    Charts.legend(id("legend"), chart, [{ label: "Load", colour: "var(--history)", series: [1] },
      ...policies.map((policy, index) => ({ label: policy.name, colour: hueOf(index), series: [index + 2] }))]);
    [...id("legend").children].slice(1 + SHOWN).forEach(button => button.setAttribute("aria-pressed", "false"));
    charts.reset();
  }

  const buttons = {
    reset: () => charts.reset(), all: () => charts.show(charts.bounds.min, charts.bounds.max),
    in: () => charts.zoom(0.7), out: () => charts.zoom(1 / 0.7), left: () => charts.pan(-0.3), right: () => charts.pan(0.3),
  };

  /* --- Messages, zone and theme -------------------------------------------------------------------- */

  function messages() {
    const box = text => Object.assign(element("p", { className: "warning" }, element("strong", {}, "Warning: "), text));
    id("messages").replaceChildren(...data.warnings.map(box));
  }

  function inZoneOf(zone) {
    clock = Charts.clock(zone);
    const [from, to] = data.scored;
    id("subtitle").textContent = `Scored from ${clock.full(from)} to ${clock.full(to)} ${clock.year(to)} (${clock.offset(to)})`;
    incidentsTable();
    if (!charts) return;
    charts.clock = clock;
    charts.redraw();
    charts.onView(charts.view);
  }

  function zoneSwitch() {
    const zones = [...new Set([data.zone, "UTC"])];
    id("zone").replaceChildren(...zones.map(zone => element("option", { value: zone }, zone)));
    id("zone").addEventListener("change", () => inZoneOf(id("zone").value));
  }

  function themeSwitch() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const apply = theme => {
      document.documentElement.dataset.theme = theme;
      id("theme").textContent = theme === "dark" ? "Light" : "Dark";
      id("theme").setAttribute("aria-label", `Switch to ${theme === "dark" ? "light" : "dark"} colours`);
      charts?.redraw();
    };
    apply(dark.matches ? "dark" : "light");
    dark.addEventListener("change", () => apply(dark.matches ? "dark" : "light"));
    id("theme").addEventListener("click", () => apply(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  }

  themeSwitch();
  zoneSwitch();
  messages();
  policiesTable();
  pareto();
  id("settings").querySelector("pre").textContent = JSON.stringify(data.settings, null, 2);
  drawCurves();
  inZoneOf(data.zone);
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", buttons[button.dataset.view]);
})();
