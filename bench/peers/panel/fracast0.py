"""fracast: a convolutional model with packaged weights (85,001 parameters). It is given the values only.

    python fracast0.py PANEL OUT [--weights fp32]
"""
import torch
from fracast import FracastModel

import panel

options = panel.arguments(weights={"default": "fp32", "choices": ["fp32", "w8"]})
torch.set_num_threads(1)
model = FracastModel.from_pretrained(weights=options.weights)
panel.run(lambda y, row: model.forecast(y, horizon=row["horizon"]).T, options)
