"""Two weeks of load a minute apart in OpenMetrics, for `promtool tsdb create-blocks-from openmetrics`.

    prometheus_data.py END      END is the last moment, in seconds since the Unix epoch

The last moment is always eight hours into the day of the load, whatever the hour is: the load falls then, and a plan
of it does not change with the hour a test is run at.

shop_load             a gauge: two peaks a day, a gap of an hour a week before the end, ten NaN a day before it
shop_requests_total   a counter of two pods; one starts anew after a week
shop_threads          a gauge of three pods
"""

import math
import sys

MINUTE, HOUR, DAY = 60, 3_600, 86_400
PODS = "ab"


# When in the day of the load the last moment is.
LAST = 8 * HOUR


def load(at, end):
    """Requests a second, with enough digits to tell every minute from the next."""
    day = 2 * math.pi * ((at - end + LAST) % DAY) / DAY
    return round(100 + 60 * math.sin(day) + 25 * math.sin(2 * day) + (at // MINUTE % 97) / 50, 4)


def gauge(times, end):
    gap = range(end - 7 * DAY, end - 7 * DAY + HOUR)
    broken = range(end - DAY, end - DAY + 10 * MINUTE)
    for at in times:
        if at not in gap:
            yield f"shop_load {'NaN' if at in broken else load(at, end)} {at}"


def counters(times, end):
    for number, pod in enumerate(PODS):
        total = 1_000 * number
        for at in times:
            total = 0 if pod == "b" and at == end - 7 * DAY else total + round(MINUTE * load(at, end) / 2)
            yield f'shop_requests_total{{pod="{pod}"}} {total} {at}'


def threads(times):
    for pod in "abc":
        for at in times:
            yield f'shop_threads{{pod="{pod}"}} {8 + at // HOUR % 5} {at}'


def main():
    end = int(sys.argv[1])
    times = range(end - 14 * DAY, end + 1, MINUTE)
    print("# HELP shop_load Requests a second.\n# TYPE shop_load gauge")
    print("\n".join(gauge(times, end)))
    print("# HELP shop_requests Requests.\n# TYPE shop_requests counter")
    print("\n".join(counters(times, end)))
    print("# HELP shop_threads Threads.\n# TYPE shop_threads gauge")
    print("\n".join(threads(times)))
    print("# EOF")


main()
