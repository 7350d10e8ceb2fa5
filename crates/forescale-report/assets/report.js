"use strict";
/* The report page: reads its data from the island, fills in tables and tiles, and wires the charts.
   Text from the data is only ever set as text, never as markup. */

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { element } = Charts;
  const id = name => document.getElementById(name);
  const number = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
  const load = value => (value === null || value === undefined ? "–" : number.format(value));
  const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;
  const signed = value => (value > 0 ? `+${value}` : String(value).replace("-", "−"));
  const actions = { scale_up: "Scale up", scale_down: "Scale down", hold: "Hold" };
  const { history, forecast } = data;
  const plan = data.plan?.rows ?? [];
  const serving = data.plan?.serving;
  const end = forecast.end ?? data.now;
  let clock = Charts.clock(data.zone);
  let charts = null;

  /* Where in ascending `times` the step lies that covers `ms`; -1 before the first. */
  function covering(times, ms) {
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= ms) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  /* Everything known about one moment. */
  function at(ms) {
    const past = ms < data.now ? covering(history.time, ms) : -1;
    const step = ms >= data.now && ms < end ? covering(forecast.time, ms) : -1;
    const fleet = serving && ms < end ? covering(serving.time, ms) : -1;
    return {
      load: past < 0 ? undefined : history.load[past],
      median: forecast.median[step],
      intervals: forecast.intervals.map(interval => ({ level: interval.level, lower: interval.lower[step], upper: interval.upper[step] })),
      instances: serving?.instances[fleet],
      carried: serving?.carried[fleet],
      recommendation: fleet < 0 ? undefined : plan[covering(plan.map(row => row.effectiveAt), ms)],
    };
  }

  function lines(ms) {
    const now = at(ms);
    const texts = [];
    if (now.load !== undefined) texts.push(`Load ${now.load === null ? "unknown (gap)" : load(now.load)}`);
    if (now.median !== undefined) {
      texts.push(`Median ${load(now.median)}`);
      for (const { level, lower, upper } of now.intervals) texts.push(`${level} %: ${load(lower)} to ${load(upper)}`);
    }
    if (now.instances !== undefined) {
      texts.push(`${now.instances} instances, carry ${load(now.carried)}`);
    }
    return texts;
  }

  const spoken = ms => [clock.full(ms), ...lines(ms)].join("; ");
  const tip = (ms, texts) => [element("strong", {}, clock.full(ms)), ...texts.map(text => element("p", {}, text))];
  const loadTip = ms => tip(ms, lines(ms));

  function fleetTip(ms) {
    const { instances, recommendation: row } = at(ms);
    if (!row) return null;
    const action = actions[row.action] ?? row.action;
    const asked = row.change ? `${action} ${signed(row.change)}, asked at ${clock.full(row.at)}` : action;
    const nodes = tip(ms, [`${instances} serving instances`, `${asked}, confidence ${percent(row.confidence, 1)}`]);
    return [...nodes, element("p", { className: "why" }, row.reason)];
  }

  /* --- Charts ------------------------------------------------------------------------------------- */

  function columns() {
    const intervals = forecast.intervals.toReversed();
    const tables = [
      [history.time, history.load],
      [forecast.time, forecast.median, ...intervals.flatMap(interval => [interval.upper, interval.lower])],
    ];
    const onward = column => [...column, column.at(-1)];
    if (serving) tables.push([[...serving.time, end], onward(serving.instances), onward(serving.carried)]);
    const filled = tables.filter(table => table[0].length);
    if (!filled.length) return {};
    const joined = uPlot.join(filled);
    const fleet = serving ? joined.splice(-2) : null;
    return { times: joined[0], load: joined.slice(1), intervals, fleet };
  }

  const line = (label, name, more = {}) => ({ label, stroke: () => Charts.colour(name), width: 1.6, points: { show: false }, ...more });

  function drawCharts() {
    const { times, load: loads, intervals, fleet } = columns();
    if (!times) return id("charts").remove();
    const bounds = { min: times[0], max: Math.max(times.at(-1), end), narrowest: 5 * ((forecast.time[1] ?? end) - (forecast.time[0] ?? 0) || 60000) };
    const home = { min: Math.max(bounds.min, data.now - (innerWidth < 640 ? 1 : 2) * Math.max(end - data.now, 3600000)), max: bounds.max };
    charts = Charts.group(bounds, home);
    charts.onView = showRange;
    const marks = [{ time: data.now, label: "now" }];
    const stepped = uPlot.paths.stepped({ align: 1 });

    const offset = (history.time.length ? 1 : 0) + 1;
    const series = history.time.length ? [line("Load", "--history", { width: 1.3 })] : [];
    const bands = [];
    const legend = series.length ? [{ label: "Load", colour: "var(--history)", series: [1] }] : [];
    if (forecast.time.length) {
      series.push(line("Median", "--median", { width: 2 }));
      legend.push({ label: "Forecast median", colour: "var(--median)", series: [offset] });
    }
    intervals.forEach((interval, i) => {
      const [upper, lower] = [offset + 1 + 2 * i, offset + 2 + 2 * i];
      const alpha = 0.16 + 0.14 * i;
      series.push({ label: "upper", points: { show: false } }, { label: "lower", points: { show: false } });
      bands.push({ series: [upper, lower], fill: () => `rgba(${Charts.colour("--band")}, ${alpha})` });
      legend.push({ label: `${interval.level} % interval`, colour: `rgba(var(--band), ${alpha + 0.1})`, shape: "area", series: [upper, lower] });
    });
    const rows = [times, ...loads];
    if (fleet) {
      legend.push({ label: "What the plan carries within its target", colour: "var(--usable)", shape: "dashed", series: [rows.length] });
      series.push(line("Carried", "--usable", { paths: stepped, dash: [6, 4] }));
      rows.push(fleet[1]);
    }
    const height = innerWidth < 640 ? 260 : 340;
    const label = `Load in ${data.loadUnit}: history, forecast and what the planned instances carry. The table below has the same values.`;
    const chart = Charts.add(charts, id("load-chart"), { label, data: rows, series, bands, height, marks, tooltip: loadTip, spoken });
    Charts.legend(id("load-legend"), chart, legend);
    if (fleet) drawFleet([times, fleet[0]], stepped, marks); else id("fleet").remove();
    charts.reset();
  }

  function drawFleet(rows, stepped, marks) {
    const label = "Instances that serve over time. The plan below has the same values, with reasons.";
    const series = [line("Instances", "--fleet", { paths: stepped, width: 2, fill: () => Charts.colour("--fleet-fill") })];
    const chart = Charts.add(charts, id("fleet-chart"), { label, data: rows, series, bands: [], height: 200, marks, whole: true, tooltip: fleetTip, spoken });
    Charts.legend(id("fleet-legend"), chart, [{ label: "Serving instances", colour: "var(--fleet)", series: [1] }]);
  }

  const buttons = {
    reset: () => charts.reset(), all: () => charts.show(charts.bounds.min, charts.bounds.max),
    forecast: () => charts.show(data.now, end), in: () => charts.zoom(0.7), out: () => charts.zoom(1 / 0.7),
    left: () => charts.pan(-0.3), right: () => charts.pan(0.3),
  };

  function showRange(view) {
    id("range").textContent = `${clock.full(view.min)} to ${clock.full(view.max)}`;
    if (id("values").open) valuesTable();
  }

  /* --- Tables ------------------------------------------------------------------------------------- */

  /* `headings` and the cells of each row: text, or { text, className, node }. */
  function table(caption, headings, rows, className = "") {
    const cell = (content, column, tag) => {
      const { text, className, node } = typeof content === "object" && content !== null ? content : { text: content };
      const made = element(tag, { className: className ?? "" }, node ?? text ?? "");
      made.dataset.label = headings[column].text ?? headings[column];
      if (tag === "th") made.scope = "row";
      return made;
    };
    const head = headings.map(heading => element("th", { scope: "col", className: heading.className ?? "" }, heading.text ?? heading));
    const body = rows.map(row => element("tr", { className: row.className ?? "" }, ...row.map((content, column) => cell(content, column, column ? "td" : "th"))));
    return element("table", { className },
      element("caption", {}, caption), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  }

  const right = text => ({ text, className: "number" });
  const laterThan = (ms, later) => (clock.day(ms) === clock.day(later) ? clock.time(later) : clock.full(later));
  const moment = ms => ({ text: clock.full(ms), className: "time" });
  const inZone = () => `Times in ${clock.zone} (${clock.offset(data.now)}).`;

  function planTable() {
    if (!plan.length) return id("plan").remove();
    const rows = plan.map(row => [
      moment(row.at), { text: laterThan(row.at, row.effectiveAt), className: "time" }, { text: actions[row.action] ?? row.action, className: row.action },
      right(row.change ? `${row.instances} (${signed(row.change)})` : String(row.instances)),
      right(`${load(row.expected)} (${load(row.lower)} – ${load(row.upper)})`),
      right(`${signed(row.headroomInstances)} (${Math.round(row.headroomPercent)} %)`), right(percent(row.confidence, 1)),
      { text: row.reason, className: "reason" },
    ]);
    const headings = ["Ask at", "Effective", "Action", right("Instances"), right(`Expected load (${plan[0].level} %)`), right("Headroom"), right("Confidence"), "Reason"];
    const left = data.plan.rowsLeftOut ? ` ${data.plan.rowsLeftOut} later rows are left out here.` : "";
    id("plan-lead").textContent = `${plan.length} recommendations. Headroom is what stands above the need of the expected load; confidence is the chance that the instances suffice.${left}`;
    id("plan").querySelector(".scroll").replaceChildren(table(inZone(), headings, rows, "cards"));
  }

  function backtestTable() {
    const rows = data.backtest;
    if (!rows.length) return id("backtest").remove();
    const levels = rows[0].coverage.map(coverage => coverage.level);
    const cells = rows.map((row, i) => {
      const made = [row.predictor, row.horizon, right(row.wql.toFixed(4)), right(row.mase.toFixed(3)), against(row.relative_wql),
        ...levels.map(level => right(percentOf(row.coverage.find(coverage => coverage.level === level))))];
      made.className = i && rows[i - 1].predictor !== row.predictor ? "group" : "";
      return made;
    });
    const headings = ["Predictor", "Horizon", right("WQL"), right("MASE"), right("WQL / seasonal naive"), ...levels.map(level => right(`within ${level} %`))];
    id("backtest-lead").textContent = "Forecasts from past origins of this history, compared with what came. Lower WQL and MASE are better; a ratio below 1 beats seasonal naive; the shares within an interval should be near its level.";
    id("backtest").querySelector(".scroll").replaceChildren(table("One row for each predictor and how far ahead it looks.", headings, cells));
  }

  const percentOf = coverage => (coverage ? percent(coverage.share, 1) : "–");
  function against(ratio) {
    if (ratio === null) return right("–");
    const verdict = ratio < 0.995 ? "better" : ratio > 1.005 ? "worse" : "equal";
    return { text: `${ratio.toFixed(2)} ${verdict}`, className: `number ${verdict}` };
  }

  function membersTable() {
    if (!data.members.length) return id("members").remove();
    const horizons = [...new Set(data.members.flatMap(member => member.weights.map(weight => weight.horizon)))];
    const rows = data.members.map(member => [member.name,
      ...horizons.map(horizon => weightCell(member.weights.find(weight => weight.horizon === horizon))),
      { text: member.left_out ?? "", className: "reason" }]);
    const headings = ["Predictor", ...horizons, "Left out because"];
    id("members").querySelector(".scroll").replaceChildren(table("Share of each predictor in the ensemble, by how far ahead.", headings, rows));
  }

  function weightCell(weight) {
    if (!weight) return "–";
    const bar = element("span", { className: "bar" });
    bar.style.width = `${weight.weight * 5}rem`;
    return { node: element("span", {}, element("span", { className: "weight" }, percent(weight.weight)), bar) };
  }

  /* The values behind the charts, in the range that they show. */
  function valuesTable() {
    const { min, max } = charts.view;
    const times = [...history.time.filter(ms => ms < data.now), ...forecast.time].filter(ms => ms >= min && ms <= max);
    const every = Math.ceil(times.length / 400) || 1;
    const rows = times.filter((_, i) => i % every === 0).map(ms => {
      const now = at(ms);
      return [moment(ms), right(load(now.load)), right(load(now.median)),
        ...now.intervals.map(({ lower, upper }) => right(lower === undefined ? "–" : `${load(lower)} – ${load(upper)}`)), right(load(now.instances))];
    });
    const headings = ["Time", right("Load"), right("Median"), ...forecast.intervals.map(interval => right(`${interval.level} % interval`)), right("Instances")];
    const note = every > 1 ? ` Every ${every}th step; zoom in for all.` : "";
    id("values").querySelector(".scroll").replaceChildren(table(`The range shown. ${inZone()}${note}`, headings, rows));
  }

  /* --- Tiles, messages, settings ------------------------------------------------------------------ */

  function tile(name, value, detail) {
    return element("div", {}, element("dt", {}, name), element("dd", {}, value), element("dd", {}, detail));
  }

  function tiles() {
    const made = [];
    if (plan.length) {
      const [first] = plan;
      const change = first.change ? `${actions[first.action]} ${signed(first.change)}, effective ${clock.full(first.effectiveAt)}` : `Hold at ${clock.full(first.at)}`;
      made.push(tile("Instances now", String(first.instances), change));
      const most = Math.max(...serving.instances);
      made.push(tile("Most instances", String(most), `from ${clock.full(serving.time[serving.instances.indexOf(most)])}`));
      const hours = serving.time.reduce((sum, ms, i) => sum + serving.instances[i] * ((serving.time[i + 1] ?? end) - ms) / 3600000, 0);
      made.push(tile("Instance hours", number.format(hours), `until ${clock.full(end)}`));
    }
    if (forecast.median.length) {
      const peak = forecast.median.reduce((best, value, i) => (value > forecast.median[best] ? i : best), 0);
      made.push(tile("Expected peak load", load(forecast.median[peak]), `${data.loadUnit}, ${clock.full(forecast.time[peak])}`));
    }
    const ratios = data.backtest.filter(row => row.predictor === "ensemble" && row.relative_wql > 0);
    if (ratios.length) {
      const ratio = Math.exp(ratios.reduce((sum, row) => sum + Math.log(row.relative_wql), 0) / ratios.length);
      made.push(tile("Error against seasonal naive", `${signed(Math.round((ratio - 1) * 100))} %`, ratio < 1 ? "in the backtest: better" : "in the backtest: no better"));
    }
    id("tiles").replaceChildren(...made);
  }

  function messages() {
    const box = (kind, role) => text => Object.assign(element("p", { className: kind }, element("strong", {}, role), text));
    const thinned = history.thinned ? ["Older history is drawn by its least and largest value in each stretch."] : [];
    id("messages").replaceChildren(...data.warnings.map(box("warning", "Warning: ")), ...[...data.notes, ...thinned].map(box("note", "Note: ")));
  }

  function settings() {
    if (data.settings === null) return id("settings").remove();
    id("settings").querySelector("pre").textContent = JSON.stringify(data.settings, null, 2);
  }

  /* --- Zone and theme ------------------------------------------------------------------------------ */

  function zoneSwitch() {
    const zones = [...new Set([data.zone, "UTC"])];
    id("zone").replaceChildren(...zones.map(zone => element("option", { value: zone }, zone)));
    id("zone").addEventListener("change", () => inZoneOf(id("zone").value));
  }

  function inZoneOf(zone) {
    clock = Charts.clock(zone);
    id("subtitle").textContent = `Made for ${clock.full(data.now)} ${clock.year(data.now)} (${clock.offset(data.now)}), load in ${data.loadUnit}`;
    tiles();
    if (id("plan")) planTable();
    if (!charts) return;
    charts.clock = clock;
    charts.redraw();
    showRange(charts.view);
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
  backtestTable();
  membersTable();
  settings();
  drawCharts();
  inZoneOf(data.zone);
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", buttons[button.dataset.view]);
  id("values")?.addEventListener("toggle", () => id("values").open && valuesTable());
})();
