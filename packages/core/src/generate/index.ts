/** generate. */
export { generate, type Generated, type GenerateOptions } from './generate.ts';
export { generateText, type GenerateTextOptions } from './generateText.ts';
