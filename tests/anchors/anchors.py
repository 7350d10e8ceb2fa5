"""The reference values of tests/it/anchors.rs and of the unit test in trend_curve.rs.

Run with numpy and statsforecast installed; prints what the tests hold.
"""
import numpy as np
from statsforecast.models import SeasonalNaive


def draws(count, seed=12345):
    """Whole numbers 0 to 99 by a linear congruential generator."""
    out = []
    for _ in range(count):
        seed = (seed * 1664525 + 1013904223) % 2**32
        out.append((seed >> 8) % 100)
    return np.array(out, float)


def seasonal_naive():
    y = draws(60)
    fitted = SeasonalNaive(season_length=24).fit(y)
    return fitted.predict(h=30)["mean"]


def ridge():
    """The columns of trend_curve.rs on 72 hours from a Monday midnight, half-life 14 days, penalty 0.5."""
    y = draws(72)
    scale = np.mean(np.abs(y - y.mean())) + 0.02 * y.mean()
    rows = []
    for i in range(96):
        days = (i - 72) / 24
        if days > 0:
            days = min((1 - 0.9**days) / -np.log(0.9), 3.0)
        hour, weekday = i % 24, (i // 24) % 7
        row = np.zeros(34)
        row[0], row[1], row[2 + weekday], row[9] = 1, days / 3.0, 1, 9 <= hour < 17
        for k in range(6):
            row[10 + 2 * k] = np.sin(2 * np.pi * hour / 24 * (k + 1))
            row[11 + 2 * k] = np.cos(2 * np.pi * hour / 24 * (k + 1))
        rows.append(row)
    x = np.array(rows)
    root = np.sqrt(0.5 ** ((72 - np.arange(72)) / 24 / 14))
    penalty = np.diag(np.sqrt(np.r_[1e-6, np.full(33, 0.5)]))
    a = np.vstack([x[:72] * root[:, None], penalty])
    b = np.r_[y / scale * root, np.zeros(34)]
    return x @ np.linalg.lstsq(a, b, rcond=None)[0] * scale


def periods():
    """The two strongest peaks of 360 hours with waves of 36 and 10 hours under noise."""
    i = np.arange(360)
    y = 200 + 60 * np.sin(2 * np.pi * i / 36) + 40 * np.cos(2 * np.pi * i / 10) + draws(360) / 2
    power = np.abs(np.fft.rfft(y - np.polyval(np.polyfit(i, y, 1), i))) ** 2
    return 360 / np.argsort(power)[::-1][:2]


if __name__ == "__main__":
    print("seasonal naive", seasonal_naive().astype(int).tolist())
    print("ridge at 0, 10, 50, 71, 72, 95", ridge()[[0, 10, 50, 71, 72, 95]].round(6).tolist())
    print("periods in hours", periods().tolist())
