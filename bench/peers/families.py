"""The families beside Mamba-1 on CPU PyTorch: transformers' model where it has one, else the official
formula in a few lines. `build` takes the config.json and the weights that our side wrote.
"""
import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F
import transformers.models.rwkv.modeling_rwkv as rwkv
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, Mamba2Config, Mamba2ForCausalLM, RwkvConfig, RwkvForCausalLM

usual_wkv = rwkv.rwkv_linear_attention_cpu


def linear_wkv(time_decay, time_first, key, value, state=None, return_state=False):
    """The usual wkv from its beginning, save that it takes its tensors apart once (unbind): its backward is linear in L."""
    decay = -torch.exp(time_decay)
    a = b = torch.zeros_like(key[:, 0])
    highest = torch.full_like(a, -1e38)
    outputs = []
    for k, v in zip(key.unbind(1), value.unbind(1)):
        m = torch.maximum(highest, k + time_first)
        e1, e2 = torch.exp(highest - m), torch.exp(k + time_first - m)
        outputs.append((e1 * a + e2 * v) / (e1 * b + e2))
        m = torch.maximum(highest + decay, k)
        e1, e2 = torch.exp(highest + decay - m), torch.exp(k - m)
        a, b, highest = e1 * a + e2 * v, e1 * b + e2, m
    return torch.stack(outputs, 1), [a, b, highest] if return_state or state is not None else None


def use_linear(linear):
    rwkv.rwkv_linear_attention_cpu = linear_wkv if linear else usual_wkv


class S4D(nn.Module):
    """state-spaces/s4 models/s4/s4d.py: the kernel by a Vandermonde product, the convolution by FFT."""

    def __init__(self, ours):
        super().__init__()
        H, M = ours["d_model"], ours["ssm_cfg"]["d_state"] // 2
        self.D = nn.Parameter(torch.empty(H))
        self.kernel = nn.Module()
        self.kernel.C = nn.Parameter(torch.empty(H, M, 2))
        self.kernel.log_dt = nn.Parameter(torch.empty(H))
        self.kernel.log_A_real = nn.Parameter(torch.empty(H, M))
        self.kernel.A_imag = nn.Parameter(torch.empty(H, M))
        self.output_linear = nn.Sequential(nn.Conv1d(H, 2 * H, 1), nn.GLU(dim=-2))

    def forward(self, x):
        u, k = x.transpose(1, 2), self.kernel
        L = u.shape[-1]
        A = -torch.exp(k.log_A_real) + 1j * k.A_imag
        dtA = A * torch.exp(k.log_dt)[:, None]
        C = torch.view_as_complex(k.C) * (torch.exp(dtA) - 1) / A
        kernel = 2 * torch.einsum("hn,hnl->hl", C, torch.exp(dtA[..., None] * torch.arange(L))).real
        y = torch.fft.irfft(torch.fft.rfft(u, n=2 * L) * torch.fft.rfft(kernel, n=2 * L), n=2 * L)[..., :L]
        return self.output_linear(F.gelu(y + u * self.D[:, None])).transpose(1, 2)


class Mamba3(nn.Module):
    """Mamba-3 SISO, step by step, from the paper's formula (Lahoti et al. 2026, propositions 1 and 4)."""

    def __init__(self, ours):
        super().__init__()
        d, ssm = ours["d_model"], ours["ssm_cfg"]
        if ssm.get("is_mimo") or ssm.get("is_outproj_norm"):
            raise ValueError("only SISO without a norm before out_proj")
        self.inner, self.N, self.P, self.G = ssm.get("expand", 2) * d, ssm["d_state"], ssm["headdim"], ssm["ngroups"]
        self.H = self.inner // self.P
        self.S = int(self.N * ssm["rope_fraction"]) // 2
        self.floor = ssm.get("A_floor", 1e-4)
        inputs = 2 * self.inner + 2 * self.G * self.N + 3 * self.H + self.S
        self.dt_bias = nn.Parameter(torch.empty(self.H))
        self.B_bias = nn.Parameter(torch.empty(self.H, 1, self.N))
        self.C_bias = nn.Parameter(torch.empty(self.H, 1, self.N))
        self.D = nn.Parameter(torch.empty(self.H))
        self.in_proj = nn.Linear(d, inputs, bias=False)
        self.B_norm = nn.RMSNorm(self.N, eps=1e-5)
        self.C_norm = nn.RMSNorm(self.N, eps=1e-5)
        self.out_proj = nn.Linear(self.inner, d, bias=False)

    def rotated(self, v, cos, sin):
        """Neighbours (2i, 2i + 1) of the first 2 S values."""
        turned, rest = v[..., : 2 * self.S], v[..., 2 * self.S :]
        a, b = turned[..., 0::2], turned[..., 1::2]
        pairs = torch.stack((a * cos - b * sin, a * sin + b * cos), -1)
        return torch.cat((pairs.flatten(-2), rest), -1)

    def forward(self, u):
        batch, L, _ = u.shape
        H, states = self.H, self.G * self.N
        z, x, B, C, dt, a, trap, angles = torch.split(
            self.in_proj(u), [self.inner, self.inner, states, states, H, H, H, self.S], -1
        )
        heads = lambda v: v.view(batch, L, self.G, self.N).repeat_interleave(H // self.G, 2)
        B = self.B_norm(heads(B)) + self.B_bias[:, 0]
        C = self.C_norm(heads(C)) + self.C_bias[:, 0]
        dt = F.softplus(dt + self.dt_bias)
        A = torch.where(a >= 0, -(1 + a), -1 / (1 - a.clamp(max=0))).clamp(max=-self.floor)
        theta = torch.cumsum(math.pi * torch.tanh(angles)[:, :, None] * dt[..., None], 1)
        cos, sin = torch.cos(theta), torch.sin(theta)
        B, C = self.rotated(B, cos, sin), self.rotated(C, cos, sin)
        x = x.view(batch, L, H, self.P)
        decay, mix = torch.exp(A * dt), torch.sigmoid(trap)
        now, before = mix * dt, (1 - mix) * dt * decay
        state = u.new_zeros(batch, H, self.P, self.N)
        last = torch.zeros_like(state)
        outputs = []
        for b, c, v, alpha, gamma, beta in zip(*(t.unbind(1) for t in (B, C, x, decay, now, before))):
            outer = v[..., None] * b[:, :, None]
            state = alpha[..., None, None] * state + beta[..., None, None] * last + gamma[..., None, None] * outer
            outputs.append(torch.matmul(state, c[..., None])[..., 0])
            last = outer
        y = torch.stack(outputs, 1) + self.D[:, None] * x
        return self.out_proj(y.flatten(2) * F.silu(z))


class Block(nn.Module):
    def __init__(self, ours, mixer):
        super().__init__()
        self.norm = nn.RMSNorm(ours["d_model"], eps=ours["norm_epsilon"])
        self.mixer = mixer(ours)

    def forward(self, x):
        return x + self.mixer(self.norm(x))


class Decoder(nn.Module):
    """The language model of the mamba_ssm families around a mixer."""

    def __init__(self, ours, mixer):
        super().__init__()
        self.backbone = nn.Module()
        self.backbone.embedding = nn.Embedding(padded_vocabulary(ours), ours["d_model"])
        self.backbone.layers = nn.ModuleList(Block(ours, mixer) for _ in range(ours["n_layer"]))
        self.backbone.norm_f = nn.RMSNorm(ours["d_model"], eps=ours["norm_epsilon"])

    def forward(self, input_ids):
        x = self.backbone.embedding(input_ids)
        for block in self.backbone.layers:
            x = block(x)
        return SimpleNamespace(logits=F.linear(self.backbone.norm_f(x), self.backbone.embedding.weight))


def padded_vocabulary(ours):
    multiple = ours["pad_vocab_size_multiple"]
    return -(-ours["vocab_size"] // multiple) * multiple


def rwkv4(ours):
    wide = lambda value, other: other if value == "auto" else value
    d = ours["n_embd"]
    config = RwkvConfig(
        vocab_size=padded_vocabulary(ours),
        hidden_size=d,
        num_hidden_layers=ours["n_layer"],
        attention_hidden_size=wide(ours["dim_att"], d),
        intermediate_size=wide(ours["dim_ffn"], 4 * d),
        layer_norm_epsilon=ours["norm_epsilon"],
        tie_word_embeddings=False,
        rescale_every=0,
        use_cache=False,
    )
    parts = [("emb.", "rwkv.embeddings."), ("ln_out.", "rwkv.ln_out."), ("blocks.", "rwkv.blocks.")]

    def rename(name):
        for ours, theirs in parts:
            if name.startswith(ours):
                name = theirs + name[len(ours) :]
        for letter, word in [("k", "key"), ("v", "value"), ("r", "receptance")]:
            if name.endswith(f".time_mix_{letter}"):
                name = name[:-1] + word
        return name.replace(".att.", ".attention.").replace(".ffn.", ".feed_forward.").replace(".ln0.", ".pre_ln.")

    return RwkvForCausalLM(config), rename


def mamba2(ours):
    ssm = ours["ssm_cfg"]
    config = Mamba2Config(
        vocab_size=padded_vocabulary(ours),
        hidden_size=ours["d_model"],
        num_hidden_layers=ours["n_layer"],
        num_heads=ssm["expand"] * ours["d_model"] // ssm["headdim"],
        head_dim=ssm["headdim"],
        state_size=ssm["d_state"],
        expand=ssm["expand"],
        conv_kernel=ssm["d_conv"],
        n_groups=ssm["ngroups"],
        use_bias=ssm["bias"],
        use_conv_bias=ssm["conv_bias"],
        layer_norm_epsilon=ours["norm_epsilon"],
        tie_word_embeddings=ours["tie_embeddings"],
        residual_in_fp32=ours["residual_in_fp32"],
        chunk_size=64,  # quicker here than the official 256
        use_cache=False,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    return Mamba2ForCausalLM(config), lambda name: name.replace("backbone.embedding.", "backbone.embeddings.")


def llama(ours):
    config = LlamaConfig(**ours, attn_implementation="sdpa", use_cache=False)
    return LlamaForCausalLM(config), lambda name: name


def decoder(mixer):
    return lambda ours: (Decoder(ours, mixer), lambda name: name)


builders = {
    "rwkv4": rwkv4,
    "llama": llama,
    "Mamba2": mamba2,
    "Mamba3": decoder(Mamba3),
    "S4D": decoder(S4D),
}


def build(ours):
    """The model and how our names become its, or None where the family is not one of these."""
    kind = ours.get("model_type") or ours.get("ssm_cfg", {}).get("layer")
    return builders[kind](ours) if kind in builders else None
