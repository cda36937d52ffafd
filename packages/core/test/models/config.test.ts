import { describe, expect, it } from 'vitest';
import { writeOfficial } from '../../src/families/family.ts';
import { configOf, familyOf, type ModelOptions, readConfig } from '../../src/families/registry.ts';
import { paddedVocabSize } from '../../src/layers/config.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';

const official = { d_model: 32, n_layer: 3, vocab_size: 62, ssm_cfg: {}, rms_norm: true };
const huggingface = { model_type: 'mamba', hidden_size: 32, num_hidden_layers: 3, vocab_size: 64 };

describe('a config in the names of this project', () => {
  it('is completed with the official defaults', () => {
    expect(configOf({ dModel: 32, nLayer: 3, vocabSize: 62 })).toEqual({
      model: 'mamba',
      vocabSize: 62,
      dModel: 32,
      nLayer: 3,
      rmsNorm: true,
      normEpsilon: 1e-5,
      padVocabSizeMultiple: 8,
      dIntermediate: 0,
      attnLayerIdx: [],
      attnCfg: {},
      tieEmbeddings: true,
      dState: 16,
      dConv: 4,
      expand: 2,
      dtRank: 'auto',
      dtMin: 0.001,
      dtMax: 0.1,
      dtInit: 'random',
      dtScale: 1,
      dtInitFloor: 1e-4,
      convBias: true,
      bias: false,
      inner: 'selective',
      selects: 'delta,B,C',
      aRank: 'auto',
      deltaPerState: false,
    });
  });

  it.each([
    [{ dmodel: 32 }, "unknown key 'dmodel' for the model 'mamba'. Did you mean 'dModel'?"],
    [{ dStates: 8 }, "unknown key 'dStates' for the model 'mamba'. Did you mean 'dState'?"],
    [{ constructor: 8 }, "unknown key 'constructor'"],
    [{ model: 'mambo' }, "unknown model 'mambo', expected one of 'mamba'"],
    [{ vocabSize: undefined }, 'vocabSize is missing, expected a whole number ≥ 1'],
    [{ dModel: 0 }, 'dModel is 0, expected a whole number ≥ 1'],
    [{ dModel: 1.5 }, 'dModel is 1.5, expected a whole number ≥ 1'],
    [{ dModel: '32' }, 'dModel is "32", expected a whole number ≥ 1'],
    [{ dState: -1 }, 'dState is -1, expected a whole number ≥ 1'],
    [{ dtRank: 'automatic' }, `dtRank is "automatic", expected a whole number ≥ 1 or 'auto'`],
    [{ normEpsilon: 0 }, 'normEpsilon is 0, expected a number above 0'],
    [{ rmsNorm: 'yes' }, 'rmsNorm is "yes", expected true or false'],
    [{ dtInit: 'zero' }, `dtInit is "zero", expected 'random' or 'constant'`],
    [{ dConv: 9 }, 'dConv is 9, expected a whole number from 1 to 8'],
  ])('is refused with %j', async (wrong, message) => {
    const given = { dModel: 32, nLayer: 3, vocabSize: 62, ...wrong };
    await expect(createModel(given as ModelOptions)).rejects.toThrow(message);
  });
});

describe('config.json', () => {
  it('is read in the official spelling', () => {
    const ssm_cfg = { layer: 'Mamba1', d_state: 8, d_conv: 3, expand: 3, dt_rank: 5, conv_bias: false, bias: true };
    const config = readConfig({ ...official, ssm_cfg, norm_epsilon: 1e-6, tie_embeddings: false, rms_norm: false });
    expect(config).toEqual(
      configOf({
        dModel: 32,
        nLayer: 3,
        vocabSize: 62,
        dState: 8,
        dConv: 3,
        expand: 3,
        dtRank: 5,
        convBias: false,
        bias: true,
        normEpsilon: 1e-6,
        tieEmbeddings: false,
        rmsNorm: false,
      }),
    );
  });

  it("is read in Hugging Face's spelling", () => {
    const config = readConfig({
      ...huggingface,
      hidden_act: 'silu',
      state_size: 8,
      conv_kernel: 3,
      expand: 3,
      intermediate_size: 96,
      time_step_rank: 5,
      time_step_min: 0.002,
      time_step_max: 0.2,
      time_step_scale: 2,
      time_step_floor: 1e-3,
      time_step_init_scheme: 'constant',
      use_conv_bias: false,
      use_bias: true,
      layer_norm_epsilon: 1e-6,
      tie_word_embeddings: false,
      architectures: ['MambaForCausalLM'],
      residual_in_fp32: true,
    });
    expect(config).toEqual(
      configOf({
        dModel: 32,
        nLayer: 3,
        vocabSize: 64,
        padVocabSizeMultiple: 1,
        dState: 8,
        dConv: 3,
        expand: 3,
        dtRank: 5,
        dtMin: 0.002,
        dtMax: 0.2,
        dtScale: 2,
        dtInitFloor: 1e-3,
        dtInit: 'constant',
        convBias: false,
        bias: true,
        normEpsilon: 1e-6,
        tieEmbeddings: false,
      }),
    );
  });

  it('is written so that it is read as it was', () => {
    const config = configOf({ dModel: 8, nLayer: 1, vocabSize: 9, dState: 8, bias: true, rmsNorm: false, dtRank: 3 });
    const json = writeOfficial(familyOf('mamba'), config);
    expect(readConfig(JSON.parse(JSON.stringify(json)))).toEqual(config);
    expect(json).toMatchObject({ d_model: 8, n_layer: 1, vocab_size: 9, d_intermediate: 0, attn_layer_idx: [] });
    expect(json.ssm_cfg).toMatchObject({ layer: 'Mamba1', d_state: 8, bias: true, dt_rank: 3 });
  });

  it.each([
    ['text', 'config.json: expected an object'],
    [null, 'config.json: expected an object'],
    [[official], 'config.json: expected an object'],
    [{}, "neither 'd_model' (official) nor 'hidden_size' (Hugging Face) is there"],
    [{ ...official, d_model: '32' }, 'dModel is "32", expected a whole number ≥ 1'],
    [{ ...official, vocab_size: undefined }, 'vocabSize is missing'],
    [{ ...official, d_intermediate: -1 }, 'dIntermediate is -1, expected a whole number ≥ 0'],
    [{ ...official, attn_layer_idx: [-1] }, 'attnLayerIdx is [-1], expected a list of the blocks, from 0'],
    [{ ...official, attn_layer_idx: [0, 3] }, 'attnLayerIdx[1] is 3, expected a block below nLayer = 3, each once'],
    [{ ...official, attn_layer_idx: [0, 2, 0] }, 'attnLayerIdx[2] is 0, expected a block below nLayer = 3, each once'],
    [{ ...official, attn_layer_idx: [0] }, 'attn_cfg.num_heads is missing, expected a whole number ≥ 1'],
    [{ ...official, attn_layer_idx: 0 }, 'attnLayerIdx is 0, expected a list'],
    [{ ...official, attn_cfg: [] }, 'attnCfg is [], expected an object with the official keys'],
    [
      { ...official, attn_layer_idx: [0], attn_cfg: { num_heads: 4, causal: true, rotary_dim: 8 } },
      "attn_cfg has an unknown key 'rotary_dim'. Did you mean 'rotary_emb_dim'?",
    ],
    [
      { ...official, attn_layer_idx: [0], attn_cfg: { num_heads: 5, causal: true } },
      'attn_cfg.num_heads is 5, expected a divisor of 32, or a head_dim.',
    ],
    [{ ...official, attn_layer_idx: [0], attn_cfg: { num_heads: 4 } }, 'attn_cfg.causal is false, expected true'],
    [{ ...official, ssm_cfg: { layer: 'Mamba9' } }, "ssm_cfg.layer is 'Mamba9', expected 'Mamba1' or 'Mamba2'"],
    [{ ...official, ssm_cfg: { d_stat: 8 } }, "ssm_cfg has an unknown key 'd_stat'. Did you mean 'd_state'?"],
    [{ ...huggingface, model_type: 'gpt2' }, "model_type is 'gpt2', expected 'mamba'"],
    [{ ...huggingface, hidden_act: 'gelu' }, "hidden_act is 'gelu', expected 'silu'"],
    [{ ...huggingface, state_size: 0 }, 'dState is 0, expected a whole number ≥ 1'],
  ])('is refused: %j', (json, message) => {
    expect(() => readConfig(json)).toThrow(message);
  });
});

it.each([
  [62, 8, 64],
  [64, 8, 64],
  [65, 8, 72],
  [50277, 8, 50280],
  [62, 1, 62],
  [3, 128, 128],
])('a vocabulary of %i is padded to a multiple of %i: %i', (vocabSize, padVocabSizeMultiple, want) => {
  const config = configOf({ dModel: 4, nLayer: 1, vocabSize, padVocabSizeMultiple });
  expect(paddedVocabSize(config)).toBe(want);
  expect(declareModel(config).tree.list()[0].shape).toEqual([want, 4]);
});
