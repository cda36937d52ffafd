// The script of the HTML report: picks a series, and shows the values under the pointer or chosen by arrow keys.
// It is inlined into every report, so it must not contain a closing script tag.

const sections = [...document.querySelectorAll('.series')];
setUpPicker(document.querySelector('nav'), document.getElementById('series'));
for (const section of sections) setUpReadout(section);
openTablesForPrint();

/** Shows one series at a time. There is no picker if there is only one. */
function setUpPicker(nav, select) {
  if (!nav) return;
  const show = (index) => {
    for (const [i, section] of sections.entries()) section.hidden = i !== index;
    select.value = String(index);
  };
  nav.hidden = false;
  select.addEventListener('change', () => show(Number(select.value)));
  for (const button of nav.querySelectorAll('button')) {
    button.addEventListener('click', () => {
      show((Number(select.value) + Number(button.dataset.step) + sections.length) % sections.length);
    });
  }
  show(0);
}

/** Shows a value of the series in a box next to the pointer. */
function setUpReadout(section) {
  const chart = section.querySelector('.chart');
  const box = section.querySelector('.readout');
  /** Rows [x, …lines], rising in x. */
  const points = JSON.parse(section.querySelector('script').textContent);
  let current = points.length - 1;

  /** The axes of the figure that is visible: the wide or the narrow one. */
  function axes() {
    const figures = [...chart.querySelectorAll('svg.figure')];
    const frame = figures.find((figure) => figure.getBoundingClientRect().width > 0).querySelector('[data-x]');
    const [low, high] = frame.dataset.x.split(' ').map(Number);
    return { frame, low, high, bounds: frame.getBoundingClientRect() };
  }

  function read(index, clientY) {
    hide();
    current = Math.max(0, Math.min(points.length - 1, index));
    const [x, ...lines] = points[current];
    const { frame, low, high, bounds } = axes();
    const share = (x - low) / (high - low);
    drawPointer(frame, share);
    box.replaceChildren(
      ...lines.map((text, i) => {
        const line = document.createElement(i === 0 ? 'b' : 'div');
        line.textContent = text;
        return line;
      }),
    );
    box.hidden = false;
    place(share, bounds, clientY);
  }

  function drawPointer(frame, share) {
    const x = Number(frame.getAttribute('x')) + share * Number(frame.getAttribute('width'));
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    line.setAttribute('class', 'pointer');
    line.setAttribute('d', `M${x} ${frame.getAttribute('y')}v${frame.getAttribute('height')}`);
    frame.parentNode.append(line);
  }

  /** The box is on the side of the pointer with more space, and in the half of the plot without the pointer. */
  function place(share, bounds, clientY) {
    const outer = chart.getBoundingClientRect();
    const x = bounds.left - outer.left + share * bounds.width;
    const left = share > 0.5 ? x - box.offsetWidth - 10 : x + 10;
    box.style.left = `${Math.max(0, Math.min(outer.width - box.offsetWidth, left))}px`;
    const isBelow = clientY < bounds.top + bounds.height / 2;
    const top = isBelow ? bounds.height - box.offsetHeight - 8 : 8;
    box.style.top = `${bounds.top - outer.top + top}px`;
  }

  function hide() {
    chart.querySelector('.pointer')?.remove();
    box.hidden = true;
  }

  function nearest(clientX) {
    const { low, high, bounds } = axes();
    const x = low + ((clientX - bounds.left) / bounds.width) * (high - low);
    let [first, last] = [0, points.length - 1];
    while (last - first > 1) {
      const middle = (first + last) >> 1;
      if (points[middle][0] > x) last = middle;
      else first = middle;
    }
    return Math.abs(points[last][0] - x) < Math.abs(x - points[first][0]) ? last : first;
  }

  chart.tabIndex = 0;
  chart.setAttribute('role', 'group');
  chart.setAttribute('aria-label', 'Chart. Arrow keys read its values.');
  chart.addEventListener('pointermove', ({ clientX, clientY }) => read(nearest(clientX), clientY));
  chart.addEventListener('pointerdown', ({ clientX, clientY }) => read(nearest(clientX), clientY));
  chart.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && hide());
  chart.addEventListener('blur', hide);
  chart.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      read(box.hidden ? current : current + step);
      event.preventDefault();
    }
    if (event.key === 'Escape') hide();
  });
}

/** Paper shows all tables. */
function openTablesForPrint() {
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open])')];
    for (const details of closed) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of closed) details.open = false;
  });
}
