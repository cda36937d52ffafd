/**
 * An SVG as PNG, drawn by resvg, an optional dependency that is loaded when it is needed. Node only.
 *
 *   await writeFile('forecast.png', await png(svg([view])));
 *
 * Text is set in a font of this package, so that the PNG is the same on every machine. Only letters that this font
 * lacks are taken from the fonts of the machine.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { nodeModule } from '@mamba-ts/core/node';
import { packageFile } from '@mamba-ts/core/packageFile';

/** Options of png(). */
export interface PngOptions {
  /** Pixels of the PNG for one of the SVG. Default: 2. */
  scale?: number;
}

// The font has a name of its own because bundlers take the literal form for an asset.
const FONT = '../../data/fonts/DejaVuSans.ttf';
const FAMILY = 'DejaVu Sans';
/** Texts of letters that the font has; data/README.md says how it was subset. */
const BUNDLED =
  /^[\n\x20-\x7e\xa0-\u017f\u0192\u0218-\u021b\u0370-\u03ff\u0400-\u045f\u0490\u0491\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u20ac\u2070-\u2089\u2122\u2190-\u2193\u2212\u221e\u2248\u2260\u2264\u2265\ufffd]*$/;
const MAX_PIXELS = 16_000;

/**
 * Draws an SVG of svg() as PNG.
 * @throws UsageError if resvg is not installed, or the picture would be too large.
 */
export async function png(svg: string, { scale = 2 }: PngOptions = {}): Promise<Uint8Array> {
  const [, width, height] = (/<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []).map(Number);
  if (!(width > 0 && height > 0))
    throw new UsageError('png', 'no SVG with a width and a height, expected one of svg().');
  if (!(scale > 0 && Math.max(width, height) * scale <= MAX_PIXELS)) {
    throw new UsageError(
      'png',
      `${width} × ${height} at scale ${scale}, expected a scale above 0 and at most ${MAX_PIXELS} pixels a side. ` +
        'Draw fewer series in one chart.',
    );
  }
  const { renderAsync } = resvg();
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      fontFiles: [nodeModule('url').fileURLToPath(packageFile(() => new URL(FONT, import.meta.url)))],
      loadSystemFonts: !BUNDLED.test(svg),
      defaultFontFamily: FAMILY,
      sansSerifFamily: FAMILY,
    },
  });
  return image.asPng();
}

function resvg(): typeof import('@resvg/resvg-js') {
  try {
    return nodeModule('module').createRequire(import.meta.url)('@resvg/resvg-js');
  } catch (error) {
    throw new UsageError(
      'png',
      `@resvg/resvg-js, which draws PNG files, does not load here (${(error as Error).message.split('\n')[0]}). ` +
        'Run `npm install @resvg/resvg-js`, or write SVG or HTML, which do not need it.',
    );
  }
}
