"""Forecasts of other libraries for `forescale backtest --compare`, from the same origins of the same history.

Reads one line of JSON on standard input: the history, its calendar, the origins and the quantiles (`request` in
crates/forescale-cli/src/peers/request.rs). Writes a line of JSON for each library that is there or missing, and
then one for each forecast or failure. The other end keeps standard input open: when it closes, nobody listens.

Each library is used as its documentation advises for load with days and weeks, on at most 28 days before the origin.
"""

import importlib.metadata
import json
import logging
import os
import sys
import threading
import time
import warnings

WEEKS = 4
LIBRARIES = ["lightgbm", "statsforecast", "prophet"]
# The longest season that AutoETS takes at all, and AutoARIMA within seconds.
LONG_SEASON = 24


def main():
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=leave_with_reader, daemon=True).start()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(request["threads"])
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    there = {library: version(library) for library in LIBRARIES}
    say(libraries=there, peers={peer.name: peer.package for peer in PEERS})
    course = Course(request)
    for peer in PEERS:
        if there[peer.package]:
            score(peer, course)


def leave_with_reader():
    while os.read(0, 1024):
        pass
    os._exit(1)


def version(library):
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


# What libraries print themselves must not come between.
OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(**line):
    print(json.dumps(line), file=OUT, flush=True)


def score(peer, course):
    """A line for each origin: a model is made at each fit and forecasts from newer history until the next."""
    left_out = peer.left_out(course)
    if left_out:
        return say(peer=peer.name, left_out=left_out)
    fitted_at, model = None, None
    for at, origin in enumerate(course.origins):
        started = cpu_seconds()
        fits = fitted_at != course.fits[at]
        try:
            if fits:
                model = None
                model = peer(course, course.fits[at])
                fitted_at = course.fits[at]
            rows = course.np.asarray(model.predict(origin), float).tolist()
            said = {"rows": rows}
        except Exception as error:
            text = " ".join(str(error).split())
            said = {"failure": (f"{type(error).__name__}: {text}" if text else type(error).__name__)[:200]}
        say(peer=peer.name, origin=at, cpu_seconds=cpu_seconds() - started, fitted=fits or peer.forgets, **said)


def cpu_seconds():
    """User and system seconds of this process and of those that it started."""
    return sum(os.times()[:4])


class Course:
    """The history and its calendar as arrays, and where it is forecast from."""

    def __init__(self, request):
        try:
            import numpy
        except ImportError:
            sys.exit("numpy is not installed")
        self.np = numpy
        self.day = request["day_steps"]
        self.horizon, self.quantiles = request["horizon"], request["quantiles"]
        self.origins, self.fits = request["origins"], request["fits"]
        self.seed, self.threads = request["seed"], request["threads"]
        self.load = numpy.array(request["load"], float)
        # Seconds of the service's own clock; 0 or 1 on days off and in events.
        self.clock = numpy.array(request["clock"], float)
        self.special = numpy.array([request["holiday"], request["event"]], float).T
        self.most = max(WEEKS * 7 * self.day, 8)

    def past(self, origin):
        """Indices of the steps that are known at `origin`, 28 days at most."""
        return self.np.arange(max(0, origin - self.most), origin)

    def ahead(self, origin):
        return self.np.arange(origin, origin + self.horizon)

    def filled(self, origin):
        """The load up to `origin` with gaps filled by a line."""
        load, steps = self.load[self.past(origin)], self.np.arange(len(self.past(origin)))
        known = ~self.np.isnan(load)
        return self.np.interp(steps, steps[known], load[known])


class Peer:
    # Whether it has to be fitted anew for every origin.
    forgets = False

    @staticmethod
    def left_out(course):
        return None


class LightGbm(Peer):
    """A direct quantile model for each level.

    A day ahead every row looks a whole horizon back. Within the day the newest load counts for more: rows look back
    by every lead, which is a column, and learn the difference from it.
    """

    name, package = "lightgbm", "lightgbm"

    def __init__(self, course, fit):
        import lightgbm

        self.course, self.near = course, course.horizon < course.day
        at, np = course.past(fit), course.np
        leads = np.random.default_rng(course.seed).integers(1, course.horizon + 1, len(at))
        ahead = leads if self.near else np.full(len(at), course.horizon)
        load = course.load[at] - (course.load[at - ahead] if self.near else 0.0)
        kept = (at - ahead >= at[0]) & ~np.isnan(load)
        settings = dict(objective="quantile", learning_rate=0.07, num_leaves=15, verbosity=-1, seed=course.seed)
        data = lightgbm.Dataset(self.columns(at[kept], ahead[kept], at[0]), load[kept], params={"verbosity": -1})
        self.models = [
            lightgbm.train({**settings, "alpha": q, "num_threads": course.threads}, data, 150)
            for q in course.quantiles
        ]

    def predict(self, origin):
        course, np, past = self.course, self.course.np, self.course.past(origin)
        ahead = np.arange(course.horizon) + 1 if self.near else np.full(course.horizon, course.horizon)
        columns = self.columns(course.ahead(origin), ahead, past[0])
        level = course.filled(origin)[-1] if self.near else 0.0
        return level + np.column_stack([model.predict(columns) for model in self.models])

    def columns(self, at, ahead, first):
        """The calendar of the steps `at`, the load whole days before, and what was known `ahead` steps before."""
        np, course = self.course.np, self.course
        load = np.where(np.arange(len(course.load)) < first, np.nan, course.load)
        known = np.where(np.isnan(load), 0.0, load).cumsum()
        count = (~np.isnan(load)).cumsum()
        newest = at - ahead

        def lag(steps):
            then = at - steps
            return np.where((then <= newest) & (then >= first), load[np.maximum(then, 0)], np.nan)

        def mean(steps):
            before = np.maximum(newest - max(steps, 1), first)
            return (known[newest] - known[before]) / np.maximum(count[newest] - count[before], 1)

        hour, weekday = course.clock[at] % 86400 / 3600, (course.clock[at] // 86400 + 3) % 7
        spans = [course.day // 24, course.day // 4, course.day]
        return np.column_stack(
            [hour, weekday, weekday >= 5, course.special[at], ahead, load[newest]]
            + [lag(days * course.day) for days in (1, 2, 3, 7, 14)]
            + [mean(span) for span in spans]
        )


class StatsForecast(Peer):
    """A model of statsforecast; its intervals are the quantiles."""

    package = "statsforecast"

    def __init__(self, course, fit):
        self.course, self.fit = course, fit
        self.levels = sorted({round(abs(1 - 2 * q) * 100, 6) for q in course.quantiles} - {0})
        self.model = self.create(course).fit(course.filled(fit))

    def predict(self, origin):
        options = dict(h=self.course.horizon, level=self.levels)
        if origin == self.fit:
            answer = self.model.predict(**options)
        else:
            answer = self.model.forward(self.course.filled(origin), **options)
        return self.course.np.column_stack([answer[self.column(q)] for q in self.course.quantiles])

    def column(self, q):
        level = next((level for level in self.levels if abs(abs(1 - 2 * q) * 100 - level) < 1e-6), None)
        return "mean" if level is None else f"{'lo' if q < 0.5 else 'hi'}-{level}"


class Mstl(StatsForecast):
    name = "statsforecast-mstl"

    @staticmethod
    def trend():
        from statsforecast.models import AutoETS

        return AutoETS(model="ZZN")

    def create(self, course):
        """Days and weeks; the smoother may jump where a season has many steps, as statsmodels advises."""
        from statsforecast.models import MSTL

        seasons = [season for season in (course.day, 7 * course.day) if season > 1]
        known = len(course.past(self.fit))
        seasons = [season for season in seasons if known >= 2 * season] or seasons[:1]
        jump = {f"{part}_jump": max(1, course.day // 10) for part in ("seasonal", "trend", "low_pass")}
        return MSTL(season_length=seasons, trend_forecaster=self.trend(), stl_kwargs=jump)


class MstlArima(Mstl):
    name = "statsforecast-mstl-arima"

    @staticmethod
    def trend():
        from statsforecast.models import AutoARIMA

        return AutoARIMA()


class ShortSeason(StatsForecast):
    @staticmethod
    def left_out(course):
        if course.day > LONG_SEASON:
            return f"it is made for seasons of up to {LONG_SEASON} steps, but a day has {course.day}"


class AutoEts(ShortSeason):
    name = "statsforecast-auto-ets"

    def create(self, course):
        from statsforecast.models import AutoETS

        return AutoETS(season_length=course.day if course.day > 1 else 7)


class AutoArima(ShortSeason):
    name = "statsforecast-auto-arima"

    def create(self, course):
        """A bounded search: the full one takes minutes on four weeks of hours."""
        from statsforecast.models import AutoARIMA

        season = course.day if course.day > 1 else 7
        return AutoARIMA(season_length=season, max_p=3, max_q=3, max_P=1, max_Q=1, nmodels=20, approximation=True)


class Prophet(Peer):
    """Its defaults, with days off and events as regressors; it can only forecast from where it was fitted."""

    name, package, forgets = "prophet", "prophet", True

    def __init__(self, course, fit):
        self.course = course

    def predict(self, origin):
        import pandas
        import prophet

        course, np = self.course, self.course.np
        past, ahead = course.past(origin), course.ahead(origin)
        at = np.concatenate([past, ahead])
        table = pandas.DataFrame({"ds": pandas.to_datetime(course.clock[at], unit="s"), "y": course.load[at]})
        model = prophet.Prophet()
        for column, name in enumerate(("holiday", "event")):
            table[name] = course.special[at, column]
            if np.ptp(table[name][: len(past)]) > 0:
                model.add_regressor(name)
        np.random.seed(course.seed)
        model.fit(table[: len(past)], seed=course.seed)
        samples = model.predictive_samples(table[len(past) :].drop(columns="y"))["yhat"]
        return np.quantile(samples, course.quantiles, axis=1).T


PEERS = [LightGbm, Mstl, MstlArima, AutoEts, AutoArima, Prophet]

if __name__ == "__main__":
    main()
