"use strict";
/* The page of the targets. Whatever comes from the service is only ever set as text, never as markup. */

(() => {
  const { element } = Charts;
  const id = name => document.getElementById(name);
  const number = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
  const percent = share => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(0)} %`);
  const REFRESH_MS = 15000;
  const states = { fresh: "fresh", degraded: "degraded", holding: "holding", stale: "stale", waiting: "no plan yet" };
  let clock = Charts.clock("UTC");
  let targets = [];
  let shown = null;
  let charts = null;
  let picked = null;

  const chosen = () => decodeURIComponent(location.hash.slice(1));
  const moment = text => (text ? clock.full(Date.parse(text)) : "–");

  /* --- Targets ------------------------------------------------------------------------------------- */

  function card(target) {
    const state = element("span", { className: `state ${target.state}` }, states[target.state] ?? target.state);
    const instances = target.decision ? `${target.decision.instances} instances` : "";
    const accuracy = target.accuracy ? `80 % interval held ${percent(target.accuracy.coverage_80)}` : "";
    const reason = target.failing?.reason ?? target.fallback;
    const link = element("a", { href: `#${encodeURIComponent(target.name)}` },
      element("strong", {}, target.name), state, element("span", {}, [instances, target.mode, accuracy].filter(Boolean).join(" · ")));
    if (reason) link.append(element("span", { className: "why", title: reason }, reason));
    link.setAttribute("aria-current", String(target.name === chosen()));
    return element("li", {}, link);
  }

  function drawTargets() {
    const none = element("li", {}, "There is no target yet. Add a [[target]] to the configuration.");
    id("targets").replaceChildren(...(targets.length ? targets.map(card) : [none]));
  }

  function say(...lines) {
    id("messages").replaceChildren(...lines.map(line => element("p", { className: "warning" }, line)));
  }

  /* --- One target ---------------------------------------------------------------------------------- */

  async function open(name) {
    const path = `/api/v1/targets/${encodeURIComponent(name)}`;
    const [detail, accuracy, decisions, backtest, replay] = await Promise.all(
      [path, `${path}/accuracy`, `${path}/plans`, `${path}/backtest`, `${path}/replay`].map(Ask.json));
    const target = { detail, accuracy, decisions, backtest, replay };
    if (detail.made_at) {
      [target.history, target.forecast, target.reasons] = await Promise.all([
        Ask.json(`${path}/history`), Ask.json(`${path}/forecast?quantiles=0.025,0.1,0.5,0.9,0.975`), Ask.json(`${path}/reasons`),
      ]);
    }
    const fresh = shown?.detail.name !== name;
    shown = target;
    zones(detail.timezone);
    draw(fresh);
  }

  function draw(fresh) {
    const { detail } = shown;
    id("target").hidden = false;
    id("target-title").textContent = detail.name;
    const decision = detail.decision ? `${detail.decision.instances} instances: ${detail.decision.reason}. ` : "";
    id("target-lead").textContent = `${decision}Plan of ${moment(detail.made_at)}, data until ${moment(detail.data_until)}.`;
    const failing = detail.failing ? [`Since ${moment(detail.failing.since)}: ${detail.failing.reason}`] : [];
    const fallback = detail.fallback ? [`Fallback: ${detail.fallback}`] : [];
    id("warnings").replaceChildren(...[...failing, ...fallback, ...detail.warnings].map(text => element("p", { className: "warning" }, text)));
    tables();
    if (shown.forecast) drawCharts(fresh ? null : charts?.view);
  }

  function table(host, heads, rows, empty) {
    if (!rows.length) return id(host).replaceChildren(element("p", { className: "hint" }, empty));
    const cell = (content, i) => element("td", { className: heads[i][1] ?? "" }, ...[content].flat().map(part => (part instanceof Node ? part : String(part))));
    const head = element("thead", {}, element("tr", {}, ...heads.map(([text, kind]) => element("th", { scope: "col", className: kind ?? "" }, text))));
    const body = element("tbody", {}, ...rows.map(row => element("tr", {}, ...row.map(cell))));
    id(host).replaceChildren(element("table", {}, head, body));
  }

  function past(host, { lead, heads, rows, empty }) {
    id(`${host}-lead`).textContent = lead;
    table(host, heads, rows, empty);
  }

  function tables() {
    const { detail, accuracy, decisions, reasons = [] } = shown;
    const plan = [["At", "time"], ["Instances", "number"], ["Reason", "reason"]];
    table("plan", plan, reasons.map(row => [moment(row.at), row.instances, row.reason]), "No plan was made yet.");
    table("decisions", [plan[0], plan[1], ["State"], plan[2]],
      decisions.map(row => [moment(row.made_at), row.instances, row.state, row.reason]), "Nothing was decided yet.");
    table("accuracy", [["At", "time"], ["Steps", "number"], ["Error", "number"], ["Skill", "number"], ["In 80 %", "number"], ["In 95 %", "number"]],
      accuracy.map(row => [moment(row.made_at), row.steps, number.format(row.absolute_error), percent(row.skill), percent(row.coverage_80), percent(row.coverage_95)]),
      "Nothing could be compared yet.");
    past("backtest", Hindsight.backtest(shown.backtest, moment));
    past("replay", Hindsight.replay(shown.replay, moment));
    table("calendar", [["From", "time"], ["To", "time"], ["What", "reason"]],
      detail.calendar.map(date => [moment(date.start), moment(date.end), date.name]), "No holiday or event is near.");
    table("runs", [["Job"], ["Began", "time"], ["Result"], ["Detail", "reason"]],
      detail.runs.map(run => [run.job, moment(run.started_at), run.result, run.detail]), "No job ran yet.");
  }

  /* --- Charts -------------------------------------------------------------------------------------- */

  const line = (label, name, more = {}) => ({ label, stroke: () => Charts.colour(name), width: 1.6, points: { show: false }, ...more });

  function columns() {
    const { history, forecast, reasons, detail } = shown;
    const grid = (start, step, count) => Array.from({ length: count }, (_, i) => Date.parse(start) + i * step * 1000);
    const past = [grid(history.start, history.step_seconds, history.values.length), history.values];
    const times = grid(forecast.origin, forecast.step_seconds, forecast.values.length);
    const future = [times, ...forecast.quantiles.map((_, q) => forecast.values.map(row => row[q]))];
    const end = times.at(-1) + forecast.step_seconds * 1000;
    const fleet = [[...reasons.map(row => Date.parse(row.at)), end], [...reasons.map(row => row.instances), reasons.at(-1).instances]];
    const { counted } = detail;
    const running = [[...counted.map(row => Date.parse(row.at)), Date.parse(detail.made_at)],
      [...counted.map(row => row.instances), counted.at(-1)?.instances ?? null]];
    return { rows: uPlot.join([past, future, fleet, running]), end };
  }

  function drawCharts(view) {
    const { rows, end } = columns();
    const [times, load, low95, low80, median, high80, high95, fleet, running] = rows;
    const now = Date.parse(shown.detail.made_at);
    const bounds = { min: times[0], max: end, narrowest: 5 * shown.forecast.step_seconds * 1000 };
    charts = Charts.group(bounds, { min: Math.max(times[0], now - 2 * (end - now)), max: end });
    charts.clock = clock;
    charts.onView = ({ min, max }) => { id("range").textContent = `${clock.full(min)} to ${clock.full(max)}`; };
    const dates = shown.detail.calendar.map(date => ({ time: Date.parse(date.start), label: date.name }));
    const marks = [{ time: now, label: "plan" }, ...dates.filter(date => date.time >= times[0] && date.time <= end)];
    const band = alpha => () => `rgba(${Charts.colour("--band")}, ${alpha})`;
    const bound = label => ({ label, points: { show: false } });
    ["load-chart", "fleet-chart", "fleet-legend"].forEach(host => id(host).replaceChildren());
    const chart = Charts.add(charts, id("load-chart"), {
      label: "Load: history and forecast", height: innerWidth < 640 ? 240 : 320, marks,
      data: [times, load, median, high95, low95, high80, low80],
      series: [line("Load", "--history", { width: 1.3 }), line("Median", "--median", { width: 2 }), bound("97.5 %"), bound("2.5 %"), bound("90 %"), bound("10 %")],
      bands: [{ series: [3, 4], fill: band(0.16) }, { series: [5, 6], fill: band(0.3) }],
      tooltip: ms => tip(ms, loads(ms, rows)), spoken: ms => [clock.full(ms), ...loads(ms, rows)].join("; "),
    });
    Charts.legend(id("load-legend"), chart, [
      { label: "Load", colour: "var(--history)", series: [1] }, { label: "Forecast median", colour: "var(--median)", series: [2] },
      { label: "95 % interval", colour: "rgba(var(--band), 0.26)", shape: "area", series: [3, 4] },
      { label: "80 % interval", colour: "rgba(var(--band), 0.4)", shape: "area", series: [5, 6] },
    ]);
    const counts = shown.detail.counted.length > 0;
    const instances = Charts.add(charts, id("fleet-chart"), {
      label: "Instances of the plan. The table below has the same values, with reasons.", height: 160, marks, whole: true,
      data: [times, carried(fleet), ...(counts ? [until(now, times, carried(running))] : [])], bands: [],
      series: [line("Instances", "--fleet", { paths: uPlot.paths.stepped({ align: 1 }), width: 2, fill: () => Charts.colour("--fleet-fill") }),
        ...(counts ? [line("Running", "--history", { paths: uPlot.paths.stepped({ align: 1 }) })] : [])],
      tooltip: why, spoken: ms => [clock.full(ms), covering(ms)?.reason ?? ""].join("; "),
    });
    if (counts) Charts.legend(id("fleet-legend"), instances, [
      { label: "Plan", colour: "var(--fleet)", series: [1] }, { label: "Running", colour: "var(--history)", series: [2] },
    ]);
    view ? charts.show(view.min, view.max) : charts.reset();
  }

  /* Every step goes on until the next one. */
  function carried(values) {
    let last = null;
    return values.map(value => (last = value ?? last));
  }

  /* What was counted says nothing of what is to come. */
  const until = (now, times, values) => values.map((value, i) => (times[i] <= now ? value : null));

  function loads(ms, [times, load, low95, low80, median, high80, high95]) {
    const i = times.indexOf(ms);
    const texts = [];
    if (load[i] !== undefined) texts.push(`Load ${load[i] === null ? "unknown (gap)" : number.format(load[i])}`);
    if (median[i] !== undefined && median[i] !== null) {
      texts.push(`Median ${number.format(median[i])}`, `80 %: ${number.format(low80[i])} to ${number.format(high80[i])}`,
        `95 %: ${number.format(low95[i])} to ${number.format(high95[i])}`);
    }
    return texts;
  }

  const covering = ms => shown.reasons.findLast(row => Date.parse(row.at) <= ms);
  const tip = (ms, texts) => [element("strong", {}, clock.full(ms)), ...texts.map(text => element("p", {}, text))];

  function why(ms) {
    const row = covering(ms);
    if (!row) return null;
    return [...tip(ms, [`${row.instances} instances, asked at ${moment(row.at)}`]), element("p", { className: "why" }, row.reason)];
  }

  /* --- Zone, tokens and time ----------------------------------------------------------------------- */

  function zones(own) {
    const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const all = [...new Set([own, local, "UTC"])];
    id("zone").replaceChildren(...all.map(zone => element("option", { value: zone }, zone)));
    id("zone").value = all.includes(picked) ? picked : own;
    clock = Charts.clock(id("zone").value);
  }

  async function look() {
    try {
      targets = await Ask.json("/api/v1/targets");
      id("login").hidden = true;
      say();
      drawTargets();
      if (chosen()) await open(chosen());
      else id("target").hidden = true;
    } catch (error) {
      if (error.status === 401) id("login").hidden = false;
      say(error.status === 401 ? "This service asks for a token." : `The service did not answer: ${error.message}`);
    }
  }

  id("login").addEventListener("submit", event => {
    event.preventDefault();
    Ask.token(id("token").value);
    look();
  });
  id("zone").addEventListener("change", () => { picked = id("zone").value; clock = Charts.clock(picked); if (shown) draw(false); });
  document.addEventListener("themed", () => charts?.redraw());
  const views = { reset: () => charts?.reset(), in: () => charts?.zoom(0.7), out: () => charts?.zoom(1 / 0.7), left: () => charts?.pan(-0.3), right: () => charts?.pan(0.3) };
  document.querySelectorAll("[data-view]").forEach(button => button.addEventListener("click", views[button.dataset.view]));
  addEventListener("hashchange", look);
  setInterval(() => { if (!document.hidden) look(); }, REFRESH_MS);
  zones("UTC");
  look();
})();
