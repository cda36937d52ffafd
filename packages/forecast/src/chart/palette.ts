/** The colours of figures, in a light and a dark theme. */

/** Okabe & Ito's colours, which colour-blind readers can distinguish; black first. */
export const PALETTE = ['#222222', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** Colours of the background, the text, the grid and the frame. */
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

/** CSS rules for the dark colours. They override the attributes, which hold the light ones. */
export const darkRules: string = Object.entries(DARK)
  .map(
    ([light, dark]) =>
      `svg.figure[fill="${light}"],.figure [fill="${light}"]{fill:${dark}}.figure [stroke="${light}"]{stroke:${dark}}`,
  )
  .join('');

/** A figure in its dark colours, for viewers without style sheets. */
export function darkened(svg: string): string {
  return svg.replace(/(fill|stroke)="(#[0-9a-f]+)"/g, (attribute, name, light) =>
    DARK[light] ? `${name}="${DARK[light]}"` : attribute,
  );
}
