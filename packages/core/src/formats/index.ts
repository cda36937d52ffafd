/** File formats: tensors (safetensors, torch), sound (WAV), sequences (FASTA), gzip and JSON. */

import { UsageError } from '../errors.ts';
import { type ByteSource, fileSource, urlSource } from './byteSource.ts';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile } from './tensorFile.ts';

export { HALF_WRITTEN, writeAtomic } from './atomicFile.ts';
export { type ByteSource, bytesSource, fileSource, urlSource } from './byteSource.ts';
export { DTYPE_BYTES, type Dtype } from './dtypes.ts';
export { type FastaAlphabet, type FastaRecord, fastaRecords } from './fasta.ts';
export { gunzipped } from './gzip.ts';
export { readJsonFile } from './jsonFile.ts';
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

/** The first bytes of a zip archive, with and without entries. */
const ZIP_BEGINS = ['PK\x03\x04', 'PK\x05\x06'];

/** Other files that are often given as checkpoints, by their first bytes. */
const OTHER_FORMATS: readonly { begin: string; is: string; advice: string }[] = [
  {
    begin: '\x80\x02\x8a\x0a',
    is: 'a torch file from before torch 1.6',
    advice: 'Load it in Python and save it again with torch.save.',
  },
  {
    begin: 'version ',
    is: 'a git-lfs pointer, not the file itself',
    advice: 'Run git lfs pull in its folder, or download it.',
  },
  { begin: 'GGUF', is: 'a GGUF file', advice: 'Use the safetensors or torch file of the model.' },
  { begin: '<', is: 'a web page', advice: 'Check the address it was downloaded from.' },
];

/**
 * Opens a safetensors or torch file, recognised by its content and not by its name.
 * Throws UsageError for a file that cannot be read, is damaged, or has another format.
 *
 * @param from a path (Node), an http(s) URL, or a source, which the returned file closes
 *
 * @example
 * const file = await openTensorFile('model.safetensors'); // or pytorch_model.bin, or a URL
 * for (const name of file.tensors.keys()) console.log(name, (await file.read(name)).shape);
 * await file.close();
 */
export async function openTensorFile(from: string | ByteSource): Promise<TensorFile> {
  const source = typeof from === 'string' ? await openSource(from) : from;
  try {
    const begin = String.fromCharCode(...(await source.read(0, Math.min(8, source.size))));
    // Loaded on demand: pages that read only safetensors do not need it.
    if (ZIP_BEGINS.some((zip) => begin.startsWith(zip))) return await (await import('./torch.ts')).openTorch(source);
    // The first bytes of safetensors are a length below 10⁸, whose upper half is 0.
    const other = OTHER_FORMATS.find((format) => begin.startsWith(format.begin));
    if (other && !begin.endsWith('\0\0\0\0')) {
      throw new UsageError('', `${source.name} is ${other.is}, expected safetensors or torch. ${other.advice}`);
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
