"use strict";
/* Charts over time on top of uPlot: one shared range of time, a synchronised cursor, zoom by wheel, drag,
   touch and keyboard, tooltips, legends that switch series. Knows nothing of plans or forecasts. */

const Charts = (() => {
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter(child => child !== null && child !== undefined));
    return made;
  }

  /* Formats of time in one zone; making an Intl formatter is slow, so each is made once. */
  function clock(zone) {
    const format = options => new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    const time = format({ hour: "2-digit", minute: "2-digit" });
    const day = format({ weekday: "short", day: "numeric", month: "short" });
    const year = format({ year: "numeric" });
    const offset = format({ timeZoneName: "shortOffset" });
    const text = {
      zone,
      time: ms => time.format(ms),
      day: ms => day.format(ms).replace(",", ""),
      year: ms => year.format(ms),
      full: ms => `${text.day(ms)} ${text.time(ms)}`,
      offset: ms => offset.formatToParts(ms).find(part => part.type === "timeZoneName").value,
    };
    return text;
  }

  /* Labels of the time axis: hours, and the day under the first one and under each midnight. */
  function timeLabels(text, splits, step) {
    let shown = "";
    return splits.map(ms => {
      const day = text.day(ms);
      const label = step >= 86400000 ? day : text.time(ms);
      const under = step >= 86400000 ? text.year(ms) : day;
      const line = under === shown ? "" : `\n${under}`;
      shown = under;
      return label + line;
    });
  }

  const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumSignificantDigits: 4 });

  /* The charts that share a range of time. `home` is the range that a reset goes back to. */
  function group(bounds, home) {
    const shared = { charts: [], bounds, home, view: { ...home }, clock: clock("UTC"), onView: () => {} };
    const widest = bounds.max - bounds.min;
    const narrowest = Math.min(widest, bounds.narrowest);

    shared.show = (min, max) => {
      const span = Math.min(Math.max(max - min, narrowest), widest);
      const middle = (min + max) / 2;
      const from = Math.min(Math.max(middle - span / 2, bounds.min), bounds.max - span);
      shared.view = { min: from, max: from + span };
      shared.charts.forEach(chart => chart.plot.setScale("x", shared.view));
      shared.onView(shared.view);
    };
    shared.zoom = (factor, about = (shared.view.min + shared.view.max) / 2) =>
      shared.show(about - (about - shared.view.min) * factor, about + (shared.view.max - about) * factor);
    shared.pan = share => {
      const by = (shared.view.max - shared.view.min) * share;
      shared.show(shared.view.min + by, shared.view.max + by);
    };
    shared.reset = () => shared.show(home.min, home.max);
    shared.redraw = () => shared.charts.forEach(chart => chart.plot.redraw(false, true));
    return shared;
  }

  /* One chart in `host`. `options`: label, data, series, bands, height, marks (moments with a line),
     tooltip(ms) that gives nodes, spoken(ms) that gives text. */
  function add(shared, host, options) {
    const axis = extra => ({
      stroke: () => colour("--soft"), font: "12px system-ui, sans-serif",
      grid: { stroke: () => colour("--grid"), width: 1 }, ticks: { show: false }, ...extra,
    });
    const plot = new uPlot({
      width: host.clientWidth || 600, height: options.height, ms: 1,
      tzDate: ms => uPlot.tzDate(new Date(ms), shared.clock.zone),
      legend: { show: false },
      scales: {
        x: { time: true, range: () => [shared.view.min, shared.view.max] },
        y: { range: (_, min, max) => [0, max > 0 ? max * 1.06 : 1] },
      },
      axes: [
        axis({ size: 44, space: 84, values: (_, splits, __, ___, step) => timeLabels(shared.clock, splits, step) }),
        axis({ size: 56, incrs: options.whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] : undefined,
          values: (_, splits) => splits.map(value => compact.format(value)) }),
      ],
      series: [{}, ...options.series],
      bands: options.bands,
      cursor: {
        y: false, sync: { key: "time" }, drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => shared.reset() },
      },
      hooks: { draw: [plot => drawMarks(plot, options.marks)], setSelect: [plot => selected(shared, plot)] },
    }, options.data, host);
    const chart = { plot, host, options };
    shared.charts.push(chart);
    pointers(shared, plot);
    keyboard(shared, chart);
    tooltip(chart);
    new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: options.height })).observe(host);
    return chart;
  }

  function drawMarks(plot, marks) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("--soft");
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    ctx.textBaseline = "alphabetic";
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const mark of marks) {
      const x = plot.valToPos(mark.time, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillText(mark.label, x, bbox.top - 4 * devicePixelRatio);
    }
    ctx.restore();
  }

  function selected(shared, plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    shared.show(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  }

  /* The wheel zooms about the pointer; two fingers zoom, one finger moves sideways (up and down scrolls). */
  function pointers(shared, plot) {
    const over = plot.over;
    const timeAt = clientX => plot.posToVal(clientX - over.getBoundingClientRect().left, "x");
    over.addEventListener("wheel", event => {
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) shared.pan(event.deltaX / over.clientWidth);
      else shared.zoom(event.deltaY < 0 ? 0.8 : 1.25, timeAt(event.clientX));
    }, { passive: false });

    const fingers = new Map();
    const release = event => fingers.delete(event.pointerId);
    over.style.touchAction = "pan-y";
    over.addEventListener("pointerdown", event => {
      if (event.pointerType === "touch") fingers.set(event.pointerId, event.clientX);
    });
    over.addEventListener("pointermove", event => {
      if (!fingers.has(event.pointerId)) return;
      const before = [...fingers.values()];
      fingers.set(event.pointerId, event.clientX);
      const after = [...fingers.values()];
      if (after.length === 1) shared.pan((before[0] - after[0]) / over.clientWidth);
      else shared.zoom(spread(before) / spread(after), timeAt((after[0] + after[1]) / 2));
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) over.addEventListener(end, release);
  }

  const spread = places => Math.max(20, Math.abs(places[0] - places[1]));

  function keyboard(shared, { plot, host, options }) {
    Object.assign(host, { tabIndex: 0 });
    host.setAttribute("role", "application");
    host.setAttribute("aria-roledescription", "chart");
    host.setAttribute("aria-label", options.label);
    host.setAttribute("aria-describedby", "keys");
    const actions = {
      "+": () => shared.zoom(0.7), "=": () => shared.zoom(0.7), "-": () => shared.zoom(1 / 0.7),
      "0": shared.reset, "Home": shared.reset,
      "Escape": () => plot.setCursor({ left: -10, top: -10 }),
    };
    host.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const action = side ? () => (event.shiftKey ? shared.pan(side * 0.2) : step(plot, options, side)) : actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });
  }

  /* Moves the cursor to the next point on one side, and speaks it. */
  function step(plot, options, side) {
    const times = plot.data[0];
    const { min, max } = plot.scales.x;
    const from = plot.cursor.left >= 0 && plot.cursor.idx !== null ? plot.cursor.idx + side : times.findIndex(time => time >= min);
    const index = Math.min(Math.max(from, 0), times.length - 1);
    if (times[index] < min || times[index] > max) return;
    plot.setCursor({ left: plot.valToPos(times[index], "x"), top: plot.over.clientHeight / 3 });
    document.getElementById("readout").textContent = options.spoken(times[index]);
  }

  function tooltip({ plot, options }) {
    const tip = element("div", { className: "tip", hidden: true });
    tip.setAttribute("aria-hidden", "true");
    plot.over.append(tip);
    plot.hooks.setCursor = [...(plot.hooks.setCursor ?? []), () => {
      const { left, idx } = plot.cursor;
      const nodes = left >= 0 && idx !== null && idx !== undefined ? options.tooltip(plot.data[0][idx]) : null;
      tip.hidden = !nodes;
      if (!nodes) return;
      tip.replaceChildren(...nodes);
      const room = plot.over.clientWidth - tip.offsetWidth;
      const beside = left > plot.over.clientWidth / 2 ? left - tip.offsetWidth - 12 : left + 12;
      tip.style.left = `${Math.min(Math.max(beside, 0), Math.max(room, 0))}px`;
      tip.style.top = "4px";
    }];
  }

  /* One switch for each entry: { label, colour, shape, series: indices it shows and hides }. */
  function legend(host, chart, entries) {
    host.replaceChildren(...entries.map(entry => {
      const swatch = element("i", { className: entry.shape ?? "" });
      if (entry.shape === "area") swatch.style.background = entry.colour;
      else swatch.style.borderTopColor = entry.colour;
      const button = element("button", { type: "button" }, swatch, entry.label);
      button.setAttribute("aria-pressed", "true");
      button.addEventListener("click", () => {
        const show = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(show));
        entry.series.forEach(index => chart.plot.setSeries(index, { show }));
      });
      return button;
    }));
  }

  return { add, clock, colour, element, group, legend };
})();
