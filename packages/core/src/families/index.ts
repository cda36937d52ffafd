/** Model families: their configs, and the registry that finds them by name. */
export type { AttentionConfig } from './attention.ts';
export { commonFields, type Family, fieldsOf } from './family.ts';
export { FamilySet } from './familySet.ts';
export type { ConfigField } from './fields.ts';
export type { H3Config } from './h3.ts';
export type { HybridConfig } from './hybrid.ts';
export type { MambaConfig } from './mamba.ts';
export type { Mamba2Config } from './mamba2.ts';
export type { Mamba3Config } from './mamba3.ts';
export { configOf, familyOf, type ModelOptions, modelNames } from './registry.ts';
export type { Rwkv4Config } from './rwkv4.ts';
export type { S4Config } from './s4.ts';
export type { S4dConfig } from './s4d.ts';
export type { TransformerConfig } from './transformer.ts';
