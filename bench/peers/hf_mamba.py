"""Hugging Face's MambaForCausalLM, and the other families (families.py), on CPU PyTorch, as bench/peer.mjs asks: one JSON request a line on
stdin, one JSON answer a line on stdout. Times are taken in here, so the pipe is in none of them.

    {"op": "load", "id": "d64", "path": "folder that mamba-ts wrote"}
"""
import json
import os
import sys
import time

os.environ.pop("OPENBLAS_CORETYPE", None)
os.environ["HF_HUB_OFFLINE"] = "1"  # no kernels from the hub: the usual path on a CPU
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print goes to stderr

import families
import torch
import torch.nn.functional as F
import transformers
import transformers.models.mamba.modeling_mamba as modeling
from safetensors.torch import load_file
from transformers import MambaConfig, MambaForCausalLM

models = {}
usual_scan = modeling.mamba_selective_scan


def linear_scan(
    u, dt, A, B, C, D=None, z=None, delta_bias=None, delta_softplus=False, return_last_state=False, **_
):
    """The usual scan, save that it takes its tensors apart once (unbind) instead of indexing them at every
    step. The gradient of an index is a tensor of the whole size, so the usual backward takes time with
    the square of L; that of unbind is linear."""
    if delta_bias is not None:
        dt = dt + delta_bias[..., None]
    if delta_softplus:
        dt = F.softplus(dt)
    decays = torch.exp(A[None, :, None, :] * dt[:, :, :, None])
    inputs = dt[:, :, :, None] * B.transpose(1, 2)[:, None] * u[:, :, :, None]
    state = torch.zeros_like(inputs[:, :, 0])
    outputs = []
    for decay, added, c in zip(decays.unbind(2), inputs.unbind(2), C.unbind(2)):
        state = decay * state + added
        outputs.append(torch.matmul(state, c.unsqueeze(-1))[:, :, 0])
    y = torch.stack(outputs, dim=-1)
    if D is not None:
        y = y + u * D[None, :, None]
    if z is not None:
        y = y * F.silu(z)
    return (y, state) if return_last_state else y


def hello(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "threads": torch.get_num_threads(),
        "capability": torch.backends.cpu.get_cpu_capability(),
    }


def load(id, path, linear=False):
    with open(f"{path}/config.json") as file:
        ours = json.load(file)
    model, rename = families.build(ours) or mamba(ours)
    weights = {rename(name): value for name, value in load_file(f"{path}/model.safetensors").items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise ValueError(f"the names differ: missing {missing}, unexpected {unexpected}")
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    models[id] = {"model": model.eval(), "rename": rename, "linear": linear}
    return {"parameters": sum(p.numel() for p in model.parameters())}


def mamba(ours):
    ssm = ours["ssm_cfg"]
    multiple = ours["pad_vocab_size_multiple"]
    config = MambaConfig(
        vocab_size=-(-ours["vocab_size"] // multiple) * multiple,
        hidden_size=ours["d_model"],
        num_hidden_layers=ours["n_layer"],
        layer_norm_epsilon=ours["norm_epsilon"],
        tie_word_embeddings=ours["tie_embeddings"],
        residual_in_fp32=ours["residual_in_fp32"],
        state_size=ssm["d_state"],
        conv_kernel=ssm["d_conv"],
        expand=ssm["expand"],
        time_step_rank=ssm["dt_rank"],
        use_conv_bias=ssm["conv_bias"],
        use_bias=ssm["bias"],
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    return MambaForCausalLM(config), lambda name: name.replace("backbone.embedding.", "backbone.embeddings.")


def optimizer(id, no_decay, lr, beta1, beta2, eps, weight_decay):
    model = models[id]["model"].train()
    no_decay = {models[id]["rename"](name) for name in no_decay}
    named = list(model.named_parameters())
    plain = [p for name, p in named if name in no_decay]
    if len(plain) != len(no_decay):
        raise ValueError("a parameter without decay was not found")
    groups = [
        {"params": [p for name, p in named if name not in no_decay], "weight_decay": weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    models[id]["optimizer"] = torch.optim.AdamW(groups, lr=lr, betas=(beta1, beta2), eps=eps)
    return {}


def rows(values, B, L):
    return torch.tensor(values, dtype=torch.long).view(B, L)


def loss_of(model, tokens, targets):
    logits = model(input_ids=tokens).logits
    return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def batch(id, tokens, targets, B, L):
    models[id]["batch"] = rows(tokens, B, L), rows(targets, B, L)
    return {}


def train(id, steps):
    """Forward, backward, AdamW; the loss of each step is from before its update."""
    model, opt = models[id]["model"].train(), models[id]["optimizer"]
    tokens, targets = models[id]["batch"]
    losses = []
    begun = time.perf_counter()
    for _ in range(steps):
        opt.zero_grad()
        loss = loss_of(model, tokens, targets)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return {"seconds": time.perf_counter() - begun, "losses": losses}


@torch.no_grad()
def loss(id):
    tokens, targets = models[id]["batch"]
    return {"loss": loss_of(models[id]["model"].eval(), tokens, targets).item()}


@torch.no_grad()
def forward(id):
    """Logits of every token."""
    model = models[id]["model"].eval()
    tokens, _ = models[id]["batch"]
    begun = time.perf_counter()
    model(input_ids=tokens).logits
    return {"seconds": time.perf_counter() - begun}


@torch.no_grad()
def generate(id, prompt, count):
    model = models[id]["model"].eval()
    ids = rows(prompt, 1, len(prompt))
    begun = time.perf_counter()
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=count,
        min_new_tokens=count,
        use_cache=True,
    )
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "tokens": out[0, len(prompt):].tolist()}


def drop(id):
    del models[id]
    return {}


verbs = [hello, load, optimizer, batch, train, loss, forward, generate, drop]
operations = {verb.__name__: verb for verb in verbs}
for line in sys.stdin:
    request = json.loads(line)
    try:
        linear = models.get(request.get("id"), {}).get("linear", False)
        modeling.mamba_selective_scan = linear_scan if linear else usual_scan
        families.use_linear(linear)
        answer = operations[request.pop("op")](**request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
