"""Reverso Nano (189,881 parameters) and Small (550,161), which read 2,048 values. They are given the values only.

    python reverso.py PANEL OUT --repository FOLDER --size nano

FOLDER is a copy of server/ of github.com/shinfxh/reverso-blog (MIT). Forecasts are points: all deciles are the same.
As its server does: a shorter past is continued backwards with its first value; mean with the negated forecast of −y.
"""
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_file

import panel

options = panel.arguments(
    repository={"type": Path, "required": True},
    size={"default": "nano", "choices": ["nano", "small"]},
)
sys.path.insert(0, str(options.repository / "vendor"))
from reverso_torch import Model, forecast_flip_equivariant  # noqa: E402

torch.set_num_threads(1)
weights = options.repository / ("model" if options.size == "nano" else "models/small")
config = SimpleNamespace(**json.loads((weights / "config.json").read_text()))
model = Model(config).eval()
model.load_state_dict(load_file(weights / "model.safetensors"), strict=True)


@torch.inference_mode()
def deciles(y, row):
    x = torch.tensor(y[-config.seq_len :], dtype=torch.float32).reshape(1, -1, 1)
    x = torch.cat([x[:, :1].expand(-1, config.seq_len - x.shape[1], -1), x], dim=1)
    points = forecast_flip_equivariant(model, x, row["horizon"], config.seq_len, config.output_token_len)
    return points[0, :, 0].expand(9, -1)


panel.run(deciles, options)
