/** The colours of figures, and the same in the dark. */

/** Okabe & Ito's colours, told apart by colour-blind eyes too; black first. */
export const PALETTE = ['#222222', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

export const PAPER = '#ffffff';
export const INK = '#222';
export const GRID = '#e4e4e4';
export const FRAME = '#888';

const DARK: Record<string, string> = {
  [PAPER]: '#15181d',
  [INK]: '#dcdfe4',
  [GRID]: '#2e333b',
  [FRAME]: '#767c86',
  '#222222': '#e8eaed',
  '#0072b2': '#4fb3f0',
  '#d55e00': '#ff8f4a',
  '#009e73': '#35cf9f',
  '#cc79a7': '#e6a0c8',
  '#e69f00': '#f2b632',
  '#56b4e9': '#93d3f7',
};

/** Rules that give a figure its dark colours: they win over the attributes that hold the light ones. */
export const darkRules: string = Object.entries(DARK)
  .map(
    ([light, dark]) =>
      `svg.figure[fill="${light}"],.figure [fill="${light}"]{fill:${dark}}.figure [stroke="${light}"]{stroke:${dark}}`,
  )
  .join('');

/** A figure in its dark colours, for what knows no style sheets. */
export function darkened(svg: string): string {
  return svg.replace(/(fill|stroke)="(#[0-9a-f]+)"/g, (all, what, light) =>
    DARK[light] ? `${what}="${DARK[light]}"` : all,
  );
}
