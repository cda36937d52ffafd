"""Writes test/fixtures/golden/{llama,llama-gqa,llama-mqa,mistral}-tiny and mha.safetensors: what transformers' Llama and
Mistral compute on CPU, and the formula of mamba_ssm/modules/mha.py in plain torch (mha.py itself needs flash-attn).

    ~/.cache/mamba-ts-peers/bin/python bench/peers/attention_goldens.py test/fixtures/golden
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

SOURCE = f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}, CPU, f32, eager attention"
B, L, V = 2, 20, 24


def vivid(model):
    """Weights large enough that every one matters."""
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p) * 0.3)


def language_model(folder, config):
    torch.manual_seed(len(folder.name))
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config).float()
    vivid(model)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokens, targets = torch.randint(0, V, (2, B, L))
    logits = model(tokens).logits
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1))
    loss.backward()
    tensors = {"tokens": tokens.int(), "targets": targets.int(), "logits": logits, "loss": loss.reshape(1)}
    tensors |= {f"grad.{name}": p.grad for name, p in model.named_parameters()}
    tensors = {name: t.detach().contiguous() for name, t in tensors.items()}
    save_file(tensors, folder / "expected.safetensors", {"source": SOURCE})


def language_models(root):
    sizes = dict(vocab_size=V, hidden_size=16, intermediate_size=24, num_hidden_layers=2, max_position_embeddings=64)
    llama = lambda **more: transformers.LlamaConfig(**sizes, num_attention_heads=4, **more)
    language_model(root / "llama-tiny", llama(rms_norm_eps=1e-5))
    language_model(root / "llama-gqa-tiny", llama(num_key_value_heads=2, head_dim=6, rope_theta=500.0))
    biased = dict(attention_bias=True, mlp_bias=True, tie_word_embeddings=True)
    language_model(root / "llama-mqa-tiny", llama(num_key_value_heads=1, **biased))
    mistral = transformers.MistralConfig(**sizes, num_attention_heads=4, num_key_value_heads=2, sliding_window=7)
    language_model(root / "mistral-tiny", mistral)


def rotate(x, dims, base, interleaved):
    """flash_attn/layers/rotary.py, apply_rotary_emb_torch. x: (B, L, H, P)"""
    angles = torch.arange(x.shape[1])[:, None] * base ** (-torch.arange(0, dims, 2) / dims)
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]
    turned, rest = x[..., :dims], x[..., dims:]
    a, b = (turned[..., ::2], turned[..., 1::2]) if interleaved else turned.chunk(2, -1)
    pair = (a * cos - b * sin, a * sin + b * cos)
    turned = torch.stack(pair, -1).flatten(-2) if interleaved else torch.cat(pair, -1)
    return torch.cat((turned, rest), -1)


def mha(x, w, cfg):
    """MHA.forward of mamba_ssm/modules/mha.py, without a cache."""
    heads, kv_heads, dim = cfg["num_heads"], cfg["num_heads_kv"], cfg["head_dim"]
    linear = torch.nn.functional.linear
    qkv = linear(x, w["in_proj.weight"], w.get("in_proj.bias"))
    d_conv = cfg.get("d_conv", 0)
    if d_conv:
        padded = torch.nn.functional.pad(qkv.transpose(1, 2), (d_conv - 1, 0))
        width = qkv.shape[-1]
        qkv = torch.nn.functional.conv1d(padded, w["conv1d.weight"], w["conv1d.bias"], groups=width).transpose(1, 2)
    q, k, v = qkv.split([heads * dim, kv_heads * dim, kv_heads * dim], -1)
    q, k, v = q.unflatten(-1, (heads, dim)), k.unflatten(-1, (kv_heads, dim)), v.unflatten(-1, (kv_heads, dim))
    if cfg.get("rotary_emb_dim", 0):
        turn = (cfg["rotary_emb_dim"], cfg.get("rotary_emb_base", 10000.0), cfg.get("rotary_emb_interleaved", False))
        q, k = rotate(q, *turn), rotate(k, *turn)
    k, v = (t.repeat_interleave(heads // kv_heads, 2) for t in (k, v))
    scores = torch.einsum("bqhp,bkhp->bhqk", q, k) * (cfg.get("softmax_scale") or dim**-0.5)
    steps = torch.arange(x.shape[1])
    scores = scores.masked_fill(steps[None, :] > steps[:, None], float("-inf"))
    out = torch.einsum("bhqk,bkhp->bqhp", scores.softmax(-1), v)
    return linear(out.flatten(2), w["out_proj.weight"], w.get("out_proj.bias"))


MHA = [
    dict(num_heads=4, num_heads_kv=4, head_dim=4),
    dict(num_heads=3, num_heads_kv=1, head_dim=8, d_conv=4, rotary_emb_dim=4, qkv_proj_bias=False, out_proj_bias=False),
    dict(num_heads=4, num_heads_kv=2, head_dim=6, d_conv=2, rotary_emb_dim=6, rotary_emb_base=100.0,
         rotary_emb_interleaved=True, softmax_scale=0.3),
]  # fmt: skip


def layers(root):
    torch.manual_seed(1)
    d, tensors, configs = 10, {}, []
    for i, case in enumerate(MHA):
        q, kv = case["num_heads"] * case["head_dim"], case["num_heads_kv"] * case["head_dim"]
        shapes = {"in_proj.weight": (q + 2 * kv, d), "out_proj.weight": (d, q)}
        if case.get("qkv_proj_bias", True):
            shapes["in_proj.bias"] = (q + 2 * kv,)
        if case.get("out_proj_bias", True):
            shapes["out_proj.bias"] = (d,)
        if case.get("d_conv", 0):
            shapes |= {"conv1d.weight": (q + 2 * kv, 1, case["d_conv"]), "conv1d.bias": (q + 2 * kv,)}
        w = {name: (torch.randn(shape) * 0.5).requires_grad_() for name, shape in shapes.items()}
        x = torch.randn(B, 17, d, requires_grad=True)
        y = mha(x, w, case)
        dy = torch.randn_like(y)
        y.backward(dy)
        tensors |= {f"{i}.{name}": t for name, t in {**w, "x": x, "y": y, "dy": dy}.items()}
        tensors |= {f"{i}.grad.{name}": t.grad for name, t in {**w, "x": x}.items()}
        configs.append({**case, "causal": True})
    tensors = {name: t.detach().contiguous() for name, t in tensors.items()}
    source = f"the formula of mamba_ssm/modules/mha.py (state-spaces/mamba), torch {torch.__version__}, CPU, f32"
    save_file(tensors, root / "mha.safetensors", {"source": source, "attn_cfg": json.dumps(configs)})


root = Path(sys.argv[1])
language_models(root)
layers(root)
