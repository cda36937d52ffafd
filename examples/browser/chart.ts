/** A chart of the loss in bits per byte: the loss of each update as a thin line, their running mean as a thick one. */
const NAMESPACE = 'http://www.w3.org/2000/svg';
const LEFT = 36;
const BOTTOM = 40;
const TOP = 8;
const RIGHT = 8;
const HIGHEST = 8;
/** The running mean is over this many updates on either side. */
const REACH = 10;

export function drawChart(svg: SVGSVGElement, losses: readonly number[]): void {
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.replaceChildren();
  const tick = niceCeiling(Math.max(losses.length, 50) / 5);
  const last = tick * Math.ceil(Math.max(losses.length, 50) / tick);
  const x = (iter: number) => LEFT + ((width - LEFT - RIGHT) * iter) / last;
  const y = (bits: number) => TOP + (height - TOP - BOTTOM) * (1 - Math.min(bits, HIGHEST) / HIGHEST);

  for (let bits = 0; bits <= HIGHEST; bits += 2) {
    add(svg, 'line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(bits), y2: y(bits) });
    add(svg, 'text', { x: LEFT - 10, y: y(bits) + 4, 'text-anchor': 'end' }, String(bits));
  }
  for (let iter = 0; iter <= last; iter += tick) {
    const anchor = iter === last ? 'end' : 'middle';
    add(svg, 'text', { x: x(iter), y: height - BOTTOM + 18, 'text-anchor': anchor }, String(iter));
  }
  add(svg, 'text', { x: LEFT, y: height - 5 }, 'bits per byte, by update');

  const smooth = losses.map((_, i) => {
    const reach = Math.min(REACH, i, losses.length - 1 - i);
    const near = losses.slice(i - reach, i + reach + 1);
    return near.reduce((sum, loss) => sum + loss, 0) / near.length;
  });
  const path = (values: readonly number[]) =>
    values.map((value, i) => `${i ? 'L' : 'M'}${x(i + 1).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  if (losses.length === 0) return;
  add(svg, 'path', { class: 'each', d: path(losses) });
  add(svg, 'path', { class: 'smooth', d: path(smooth) });
}

/** The next of 10, 20, 50, 100, 200, … */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) as number;
}

function add(parent: Element, name: string, attributes: Record<string, string | number>, text = ''): void {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  parent.append(element);
}
