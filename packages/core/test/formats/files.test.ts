import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  bytesSource,
  fileSource,
  openTensorFile,
  safetensorsBytes,
  urlSource,
  writeAtomic,
} from '../../src/formats/index.ts';
import { nodeModule } from '../../src/node.ts';

const fixtures = fileURLToPath(new URL('../../../../test/fixtures/', import.meta.url));
const attackFolder = join(fixtures, 'attack');
const attackFiles = (await readdir(attackFolder)).filter((name) => !name.endsWith('.md'));
const text = (value: string) => new TextEncoder().encode(value);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mamba-ts-formats-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await rm(folder, { recursive: true });
});

describe('byte sources', () => {
  it('reads the same bytes from memory and from disk', async () => {
    const path = join(folder, 'a.bin');
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    await writeFile(path, bytes);
    const file = await fileSource(path);
    const memory = bytesSource('memory', bytes);
    for (const source of [file, memory]) {
      expect(source.size).toBe(300);
      expect(await source.read(7, 5)).toEqual(bytes.slice(7, 12));
      expect(await source.read(300, 0)).toEqual(new Uint8Array(0));
      await expect(source.read(290, 11)).rejects.toThrow('bytes 290 to 301 were requested');
      await expect(source.read(-1, 1)).rejects.toThrow('it has 300');
      await expect(source.read(0.5, 1)).rejects.toThrow('it has 300');
      await source.close();
      await source.close();
    }
    await expect(file.read(0, 1)).rejects.toThrow('after close()');
  });

  it('says what is wrong with a path', async () => {
    await expect(fileSource(join(folder, 'none'))).rejects.toThrow('does not exist. Check the path.');
    await expect(fileSource(folder)).rejects.toThrow('is not a file');
  });

  it('notices a file that becomes shorter', async () => {
    const path = join(folder, 'a.bin');
    await writeFile(path, new Uint8Array(10));
    const source = await fileSource(path);
    await writeFile(path, new Uint8Array(4));
    await expect(source.read(0, 10)).rejects.toThrow('became shorter than its 10 bytes');
    await source.close();
  });

  it('fetches a URL, and refuses an answer that is not the file', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a' ? 200 : 404;
      response.end('hello');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = await urlSource(`${base}/a`);
    expect(await source.read(1, 4)).toEqual(text('ello'));
    await expect(urlSource(`${base}/b`)).rejects.toThrow('answered 404 Not Found, expected 200');
    await new Promise((done) => server.close(done));
    await expect(urlSource(`${base}/a`)).rejects.toThrow('could not be fetched');
  });

  it('says where there is no Node', () => {
    vi.stubGlobal('process', undefined);
    expect(() => nodeModule('fs/promises')).toThrow(
      'node:fs/promises is not available here, expected Node 20.19 or newer.',
    );
  });
});

describe('openTensorFile', () => {
  const small = safetensorsBytes([{ name: 'a', shape: [1], data: Float32Array.of(2) }]);

  it.each(['model.safetensors', 'pytorch_model.bin'])('opens %s by content', async (name) => {
    const file = await openTensorFile(join(fixtures, 'golden/mamba-tiny', name));
    expect(file.name).toContain(name);
    expect(file.tensors.get('backbone.embedding.weight')).toMatchObject({
      dtype: 'F32',
      shape: [64, 32],
    });
    await file.close();
  });

  it('opens a source', async () => {
    const file = await openTensorFile(bytesSource('memory', small));
    expect((await file.read('a')).data).toEqual(Float32Array.of(2));
  });

  it.each([
    ['a git-lfs pointer', 'version https://git-lfs.github.com/spec/v1\n', 'Run git lfs pull'],
    ['a web page', '<!doctype html><title>404</title>', 'is a web page'],
    ['GGUF', 'GGUF\x03\0\0\0\x01\0\0\0\0\0', 'is a GGUF file'],
    ['another file', 'hello there, this is a text', 'the header length is'],
    ['nothing', '', 'has 0 bytes'],
  ])('refuses %s and closes its source', async (_, content, error) => {
    const source = bytesSource('test', text(content));
    const close = vi.spyOn(source, 'close');
    await expect(openTensorFile(source)).rejects.toThrow(error);
    expect(close).toHaveBeenCalledOnce();
  });

  it('refuses a torch file from before torch 1.6', async () => {
    const source = bytesSource('test', Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46));
    await expect(openTensorFile(source)).rejects.toThrow('is a torch file from before torch 1.6');
  });

  it.each(attackFiles)('refuses the attack file %s', async (name) => {
    await expect(openTensorFile(join(attackFolder, name))).rejects.toThrow(name);
  });
});

describe('writeAtomic', () => {
  it('writes chunks, sync or async, over what was there', async () => {
    const path = join(folder, 'a.txt');
    await writeAtomic(path, [text('hel'), new Uint8Array(0), text('lo')]);
    expect(await readFile(path, 'utf8')).toBe('hello');
    await writeAtomic(
      path,
      (async function* () {
        yield text('bye');
      })(),
    );
    expect(await readFile(path, 'utf8')).toBe('bye');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('keeps the old file and leaves nothing where the chunks fail', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    const failing = function* () {
      yield text('new');
      throw new Error('out of memory');
    };
    await expect(writeAtomic(path, failing())).rejects.toThrow('out of memory');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('says what is wrong with a path', async () => {
    await expect(writeAtomic(join(folder, 'none/a'), [])).rejects.toThrow(
      `could not be written: the folder ${join(folder, 'none')} does not exist. Create it.`,
    );
    await mkdir(join(folder, 'b'));
    await expect(writeAtomic(join(folder, 'b'), [])).rejects.toThrow('it is a folder');
    await writeFile(join(folder, 'c'), '');
    await expect(writeAtomic(join(folder, 'c/d'), [])).rejects.toThrow('is not a folder');
    expect(await readdir(folder)).toEqual(['b', 'c']);
  });

  it.each([
    ['ENOSPC', 'the disk is full. Free some space'],
    ['EACCES', 'may not be written. Change its permissions'],
    ['EROFS', 'is on a read-only disk'],
    ['EIO', 'the disk failed with EIO.'],
  ])('says what to do for %s and removes what it wrote', async (code, advice) => {
    const path = join(folder, 'a.txt');
    const failure = Object.assign(new Error(`the disk failed with ${code}`), { code });
    const fs = nodeModule('fs/promises');
    const { open } = fs;
    vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      vi.spyOn(handle, 'write').mockRejectedValue(failure);
      return handle;
    });
    await expect(writeAtomic(path, [text('hello')])).rejects.toThrow(advice);
    expect(await readdir(folder)).toEqual([]);
  });
});
