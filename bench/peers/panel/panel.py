"""The loop that the scripts of this folder share: reads a panel, forecasts window by window, writes what the scorer reads.

    forecaster(values, row) -> (9, horizon) array: the deciles of `values`, which has no gaps

A forecaster that fails, or that gives values that are not finite, is replaced by seasonal naive; its line then says `"fallback"`.
"""
import argparse
import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np

DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
Z = np.array([-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516])


def arguments(**more):
    parser = argparse.ArgumentParser()
    parser.add_argument("panel", type=Path, help="a directory of SET.jsonl.gz")
    parser.add_argument("out", type=Path, help="the file of forecasts, .jsonl")
    parser.add_argument("--first", type=int, help="the first windows of each set")
    parser.add_argument("--only", default="", help="sets whose name has this")
    parser.add_argument("--minutes", type=float, default=1e9, help="after that, seasonal naive replaces the rest")
    for name, options in more.items():
        parser.add_argument(f"--{name}", **options)
    return parser.parse_args()


def windows(directory, first, only):
    for path in sorted(directory.glob("*.jsonl*")):
        read = gzip.open if path.suffix == ".gz" else open
        with read(path, "rt") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        yield from [row for row in rows if only in row["set"]][:first]


def without_gaps(past):
    """Gaps become straight lines."""
    y = np.array([np.nan if x is None else x for x in past], dtype=float)
    known = np.flatnonzero(np.isfinite(y))
    return np.interp(np.arange(len(y)), known, y[known])


def seasonal_naive(y, row):
    m = row["season"] if len(y) > row["season"] else 1
    steps = np.arange(row["horizon"])
    sigma = np.sqrt(np.mean((y[m:] - y[:-m]) ** 2))
    return y[len(y) - m + steps % m] + Z[:, None] * sigma * np.sqrt(steps // m + 1)


def run(forecaster, options):
    begun = time.perf_counter()
    failures = {}
    with options.out.open("w") as out:
        for row in windows(options.panel, options.first, options.only):
            y = without_gaps(row["past"])
            start, problem = time.perf_counter(), None
            try:
                if start - begun > 60 * options.minutes:
                    raise TimeoutError("out of time")
                deciles = np.asarray(forecaster(y, row), dtype=float)
                if deciles.shape != (9, row["horizon"]) or not np.isfinite(deciles).all():
                    raise ValueError("the forecast is not finite, or has the wrong shape")
            except Exception as error:
                problem, deciles = f"{type(error).__name__}: {error}"[:100], seasonal_naive(y, row)
                failures.setdefault((row["set"], problem), []).append(row["id"])
            line = {"id": row["id"], "seconds": time.perf_counter() - start}
            line["quantiles"] = {str(q): [float(f"{x:.7g}") for x in values] for q, values in zip(DECILES, deciles)}
            out.write(json.dumps(line | ({"fallback": problem} if problem else {})) + "\n")
            out.flush()
    for (name, problem), ids in failures.items():
        print(f"{name}: {len(ids)} by seasonal naive: {problem}", file=sys.stderr)
