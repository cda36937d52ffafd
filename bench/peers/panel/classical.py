"""AutoETS, AutoTheta, AutoARIMA of statsforecast, which are given the season.

    python classical.py PANEL OUT --method AutoETS [--past 1000] [--limit SECONDS]

--limit runs each window in a process of its own, and ends it after so many seconds.
"""
import multiprocessing
import warnings

import numpy as np
import statsforecast.models

import panel

LEVELS = [20, 40, 60, 80]


def fit(options, y, row, answers=None):
    warnings.filterwarnings("ignore")
    model = getattr(statsforecast.models, options.method)(season_length=row["season"])
    found = model.forecast(y=y[-options.past :], h=row["horizon"], level=LEVELS)
    lows = [found[f"lo-{level}"] for level in reversed(LEVELS)]
    deciles = np.array([*lows, found["mean"], *(found[f"hi-{level}"] for level in LEVELS)])
    if answers:
        answers.send(deciles)
    return deciles


def forecast(options, y, row):
    if not options.limit:
        return fit(options, y, row)
    answer, end = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=fit, args=(options, y, row, end))
    child.start()
    end.close()
    try:
        if not answer.poll(options.limit):
            raise TimeoutError(f"more than {options.limit:g} s")
        return answer.recv()
    finally:
        child.kill()
        child.join()


options = panel.arguments(
    method={"default": "AutoETS", "choices": ["AutoETS", "AutoTheta", "AutoARIMA"]},
    past={"type": int, "default": 1000, "help": "values that are read"},
    limit={"type": float, "help": "seconds for a window"},
)
panel.run(lambda y, row: forecast(options, y, row), options)
