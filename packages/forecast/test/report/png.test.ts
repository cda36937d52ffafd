import { inflateSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { png, svg } from '../../src/report/index.ts';
import { presidents, view } from './views.ts';

/** Width, height and filtered rows of a PNG. */
function read(bytes: Uint8Array) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 8; at < bytes.length; at += 12 + data.getUint32(at)) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + data.getUint32(at)));
  }
  return { width: data.getUint32(16), height: data.getUint32(20), raw: inflateSync(Buffer.concat(parts)) };
}

describe('png', () => {
  it('has twice the pixels of the SVG, and other scales', async () => {
    const picture = svg([presidents()]);
    const [, width, height] = (/width="(\d+)" height="(\d+)"/.exec(picture) as RegExpExecArray).map(Number);
    expect(read(await png(picture))).toMatchObject({ width: 2 * width, height: 2 * height });
    expect(read(await png(picture, { scale: 0.5 }))).toMatchObject({ width: width / 2, height: height / 2 });
  });

  it('has its text on a machine without fonts', async () => {
    const text = (word: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20" font-family="Helvetica, sans-serif"><text x="2" y="15">${word}</text></svg>`;
    const [none, word, other] = await Promise.all(['', '1984 − Žξж', '1985 − Žξж'].map((one) => png(text(one))));
    expect(word.length).toBeGreaterThan(2 * none.length);
    expect(read(word).raw.equals(read(other).raw)).toBe(false);
  });

  it.each([
    ['<p>', {}, 'png: no SVG with a width and a height, expected one of svg().'],
    [svg([view([1])]), { scale: 0 }, /^png: 760 × \d+ at scale 0, expected a scale above 0/],
    [svg([view([1])]), { scale: 100 }, /^png: 760 × \d+ at scale 100, .* at most 16000 pixels a side. Draw fewer/],
  ])('refuses %.5s at %o', async (picture, options, message) => {
    await expect(png(picture, options)).rejects.toThrow(message);
  });

  it('says what to do if resvg is missing', async () => {
    const getBuiltinModule = process.getBuiltinModule;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((id: string) =>
      id === 'node:module'
        ? {
            createRequire: () => () => {
              throw new Error("Cannot find module '@resvg/resvg-js'\nRequire stack: …");
            },
          }
        : getBuiltinModule(id)) as typeof getBuiltinModule);
    await expect(png(svg([view([1])]))).rejects.toThrow(
      "does not load here (Cannot find module '@resvg/resvg-js'). Run `npm install @resvg/resvg-js`, or write SVG or HTML",
    );
    vi.restoreAllMocks();
  });
});
