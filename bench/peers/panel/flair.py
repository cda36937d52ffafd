"""flaircast: a ridge regression of the levels of whole seasons. It is given the frequency.

    python flair.py PANEL OUT

Its deciles are those of its 200 sample paths. Working days are read as days (its table has no other), and a frequency
without a name as years (no season).
"""
import numpy as np
from flaircast import forecast

import panel

NAMES = {"B": "D", "O": "Y"}


def deciles(y, row):
    frequency = NAMES.get(row["frequency"], row["frequency"])
    paths = forecast(y, horizon=row["horizon"], freq=frequency, seed=0)
    return np.quantile(paths, panel.DECILES, axis=0)


panel.run(deciles, panel.arguments())
