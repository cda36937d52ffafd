/**
 * Files of tensors, in and out.
 *
 *   const file = await openTensorFile('model.safetensors'); // or pytorch_model.bin, or a URL
 *   for (const name of file.tensors.keys()) console.log(name, (await file.read(name)).shape);
 *   await file.close();
 */

import { UsageError } from '../errors.ts';
import { type ByteSource, fileSource, urlSource } from './byteSource.ts';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile } from './tensorFile.ts';

export { writeAtomic } from './atomicFile.ts';
export { type ByteSource, bytesSource, fileSource, urlSource } from './byteSource.ts';
export { DTYPE_BYTES, type Dtype } from './dtypes.ts';
export { type FastaAlphabet, type FastaRecord, fastaRecords } from './fasta.ts';
export { gunzipped } from './gzip.ts';

export {
  encodeSafetensors,
  openSafetensors,
  SafetensorsFile,
  safetensorsBytes,
  type TensorToWrite,
} from './safetensors.ts';
export type { SafetensorsInfo } from './safetensorsHeader.ts';
export type { TensorFile, TensorInfo, TensorValues } from './tensorFile.ts';
export type { TorchFile } from './torch.ts';
export { openWav, type Wav, type WavFormat, type WavOptions } from './wav.ts';
export { encodeWav, type WavEncoding, type WavWriting } from './wavSamples.ts';

/** With and without entries. */
const ZIP_BEGINS = ['PK\x03\x04', 'PK\x05\x06'];

/** Formats that are often met where a checkpoint is expected, by their first bytes. */
const STRANGERS: readonly { begin: string; is: string; advice: string }[] = [
  {
    begin: '\x80\x02\x8a\x0a',
    is: 'a torch file from before torch 1.6',
    advice: 'Load it in Python and torch.save it again.',
  },
  {
    begin: 'version ',
    is: 'a git-lfs pointer, not the file itself',
    advice: 'Run git lfs pull in its folder, or download it.',
  },
  { begin: 'GGUF', is: 'a GGUF file', advice: 'Give the safetensors or torch file.' },
  { begin: '<', is: 'a web page', advice: 'Check the address that it was downloaded from.' },
];

/**
 * Opens a safetensors or torch file by what it holds, not by its name.
 * @param from a path (Node), an http(s) URL, or a source, which is then the file's to close
 */
export async function openTensorFile(from: string | ByteSource): Promise<TensorFile> {
  const source = typeof from === 'string' ? await openSource(from) : from;
  try {
    const begin = String.fromCharCode(...(await source.read(0, Math.min(8, source.size))));
    // Pages that read safetensors alone do not load this.
    if (ZIP_BEGINS.some((zip) => begin.startsWith(zip))) return await (await import('./torch.ts')).openTorch(source);
    // The first bytes of safetensors are a length below 10⁸, whose upper half is 0.
    const stranger = STRANGERS.find((format) => begin.startsWith(format.begin));
    if (stranger && !begin.endsWith('\0\0\0\0')) {
      throw new UsageError('', `${source.name} is ${stranger.is}, expected safetensors or torch. ${stranger.advice}`);
    }
    return await openSafetensors(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

function openSource(from: string): Promise<ByteSource> {
  return /^https?:\/\//.test(from) ? urlSource(from) : fileSource(from);
}

export { HALF_WRITTEN } from './atomicFile.ts';
export { readJsonFile } from './jsonFile.ts';
