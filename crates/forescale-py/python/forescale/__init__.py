"""Predictive autoscaling: from a load history to a scale plan.

>>> import forescale as fs
>>> forecaster = fs.Forecaster(freq="1h").fit(frame)            # unique_id, ds, y
>>> forecaster.predict(h=24, level=[80, 95])                    # doctest: +SKIP
>>> fs.plan(frame, capacity=50, startup="5m")                   # doctest: +SKIP

Frames come from pandas, polars, pyarrow, DuckDB or numpy, and answers are frames of the same kind.
"""

from forescale._forescale import __version__
from forescale._fleet import Fleet, FleetSummary, fleet
from forescale._forecaster import Forecaster
from forescale._functions import advise, backtest, explain, plan, replay
from forescale._results import Advice, Backtest, Explanation, Plan, Replay

__all__ = [
    "Advice",
    "Backtest",
    "Explanation",
    "Fleet",
    "FleetSummary",
    "Forecaster",
    "Plan",
    "Replay",
    "__version__",
    "advise",
    "backtest",
    "explain",
    "fleet",
    "plan",
    "replay",
]
