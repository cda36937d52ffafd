"""statsforecast's classical methods, as bench/peer.mjs asks: one JSON request a line on stdin, one JSON answer a
line on stdout. Times are taken in here, so the pipe is in none of them.

    {"op": "forecast", "method": "AutoETS", "series": [[…], …], "season": 24, "horizon": 24, "levels": [80, 95]}
"""
import json
import os
import sys
import time
import warnings

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print goes to stderr
warnings.filterwarnings("ignore")

import numpy as np
import statsforecast
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta, Naive, SeasonalNaive

METHODS = {
    "SeasonalNaive": lambda m: SeasonalNaive(m) if m > 1 else Naive(),
    "AutoETS": lambda m: AutoETS(season_length=m),
    "AutoTheta": lambda m: AutoTheta(season_length=m),
    "AutoARIMA": lambda m: AutoARIMA(season_length=m),
}


def hello(threads):
    """Every method runs on one core."""
    return {"statsforecast": statsforecast.__version__, "numpy": np.__version__, "threads": 1}


def forecast(method, series, season, horizon, levels):
    """A method that fails on a series is answered for by the seasonal naive one: `failed` counts them."""
    forecasts, failed, seconds = [], 0, 0.0
    for values in series:
        y = np.asarray(values, dtype=float)
        begun = time.perf_counter()
        try:
            found = METHODS[method](season).forecast(y=y, h=horizon, level=levels)
            if not np.isfinite(found["mean"]).all():
                raise ValueError("the forecast is not finite")
        except Exception:
            failed += 1
            found = METHODS["SeasonalNaive"](season).forecast(y=y, h=horizon, level=levels)
        seconds += time.perf_counter() - begun
        forecasts.append({key: np.asarray(part, dtype=float).tolist() for key, part in found.items()})
    return {"seconds": seconds, "failed": failed, "forecasts": forecasts}


operations = {verb.__name__: verb for verb in (hello, forecast)}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = operations[request.pop("op")](**request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
