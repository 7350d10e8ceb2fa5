"use strict";
/* What the past of a target says: rows of its backtest, and of the replay of policies. */

const Hindsight = (() => {
  const { element } = Charts;
  const number = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
  const known = value => value !== null && value !== undefined;
  const figure = value => (known(value) ? number.format(value) : "–");
  const percent = share => (known(share) ? `${number.format(share * 100)} %` : "–");

  function span(seconds) {
    const unit = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([length]) => seconds % length === 0);
    return `${seconds / unit[0]} ${unit[1]}`;
  }

  /* Why there is nothing, or nothing newer. */
  const without = ({ state, reason }) => (state === "failed" ? `The last run failed: ${reason}.` : reason ? `None: ${reason}.` : "");

  const scores = ({ wql, relative_wql, mase, coverage_80, coverage_95 }) =>
    [figure(wql), figure(relative_wql), figure(mase), percent(coverage_80), percent(coverage_95)];

  function backtest(view, moment) {
    const heads = [["Predictor"], ["Ahead"], ["WQL", "number"], ["Of naive", "number"], ["MASE", "number"], ["In 80 %", "number"], ["In 95 %", "number"], ["Failed", "reason"]];
    const { result } = view;
    if (!result) return { lead: "", heads, rows: [], empty: without(view) };
    const row = (name, ahead, scored, failures) => [name, ahead, ...(scored ? scores(scored) : Array(5).fill("–")), failures.join("; ")];
    const steps = count => span(count * result.step_seconds);
    const rows = result.predictors.flatMap(({ predictor, overall, by_range, failures }, nth) => {
      const ranges = nth || result.ranges.length < 2 ? [] : result.ranges.map((range, at) =>
        row("", `${steps(range.from - 1)} to ${steps(range.to)}`, by_range[at], []));
      return [row(predictor, "all", overall, failures), ...ranges];
    });
    const lead = `${result.origins.length} forecasts of ${steps(result.horizon_steps)} over the load from ${moment(result.from)} to ${moment(result.to)}, `
      + `made ${moment(result.made_at)}. Lower is better, but for the shares within intervals. ${result.notes.map(note => `${note}.`).join(" ")} ${without(view)}`;
    return { lead, heads, rows, empty: "" };
  }

  /* A bar as long as the hours are of the most. */
  function hours(value, most, bound) {
    const bar = element("span", { className: bound ? "bar bound" : "bar", ariaHidden: "true" });
    bar.style.width = `${(value / most) * 100}%`;
    return [figure(value), bar];
  }

  function kept({ too_few, kept_budget }) {
    const word = kept_budget ? "kept" : "missed";
    return [percent(too_few), element("span", { className: word }, ` ${word}`)];
  }

  function replay(view, moment) {
    const { result } = view;
    const priced = result?.policies.some(({ scores }) => known(scores?.cost));
    const heads = [["Policy"], ["Instance-hours", "number"], ...(priced ? [["Cost", "number"]] : []), ["Of clairvoyant", "number"],
      ["Time with too few", "number"], ["Load unserved", "number"], ["Changes a day", "number"]];
    if (!result) return { lead: "", heads, rows: [], empty: without(view) };
    const least = result.clairvoyant_instance_hours;
    const most = Math.max(least, ...result.policies.map(({ scores }) => scores?.instance_hours ?? 0), 1e-9);
    const row = ({ policy, scores, failure }) => (scores
      ? [policy, hours(scores.instance_hours, most, false), ...(priced ? [figure(scores.cost)] : []), figure(scores.over_clairvoyant),
        kept(scores), percent(scores.unserved), figure(scores.changes_per_day)]
      : [policy, failure, ...Array(heads.length - 2).fill("–")]);
    const bound = ["clairvoyant", hours(least, most, true), ...(priced ? ["–"] : []), "1", "0 %", "–", "–"];
    const lead = `From ${moment(result.from)} to ${moment(result.to)}, decided every ${span(result.step_seconds)}, made ${moment(result.made_at)}. `
      + `Too few instances are allowed for ${percent(result.budget)} of the time. ${without(view)}`;
    return { lead, heads, rows: [...result.policies.map(row), bound], empty: "" };
  }

  return { backtest, replay };
})();
