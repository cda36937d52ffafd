/** Generation: tokens or text from a language model. */
export { type Generated, type GenerateOptions, generate } from './generate.ts';
export { type GenerateTextOptions, generateText } from './generateText.ts';
