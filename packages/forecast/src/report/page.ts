/** Style and script of the HTML report: light and dark, on paper, with the values under the pointer. */
import { darkRules } from '../chart/palette.ts';

export const style = `
:root{--paper:#fff;--ink:#222;--soft:#5c6470;--rule:#dfe2e6;--card:#f5f6f8;--accent:#0072b2}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:980px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:28px 0 10px;overflow-wrap:anywhere}
.lead,.note,figcaption,footer{color:var(--soft)}
footer{margin-top:24px}.lead{margin:0 0 12px}.note{margin:6px 0}figcaption,footer{font-size:.875rem}
nav{display:flex;gap:8px;align-items:center;margin:16px 0 0}
select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:5px 10px}
select{flex:0 1 420px;min-width:0;width:50vw}button{cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
dl{display:flex;flex-wrap:wrap;gap:8px 28px;margin:0 0 12px}
dt{font-size:.78rem;color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums}
[hidden]{display:none!important}
figure{margin:0}.chart{position:relative;touch-action:pan-y}.chart svg{display:block;width:100%;height:auto}
.narrow{display:none}@media (max-width:640px){.wide{display:none}.narrow{display:block}main{padding:16px 12px 32px}}
.readout{position:absolute;top:0;pointer-events:none;background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:4px 9px;font-size:.82rem;line-height:1.4;white-space:nowrap;font-variant-numeric:tabular-nums;box-shadow:0 2px 8px rgba(0,0,0,.15)}
.readout b{display:block}
.pointer{stroke:var(--accent);stroke-width:1;vector-effect:non-scaling-stroke}
details{margin:14px 0}summary{cursor:pointer;font-weight:600}
.scroll{overflow-x:auto;max-height:70vh;margin-top:8px;border:1px solid var(--rule);border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:8px 12px;color:var(--soft)}caption span{position:sticky;left:12px;display:inline-block;max-width:calc(100vw - 56px)}
th,td{padding:4px 12px;text-align:right;white-space:nowrap;border-top:1px solid var(--rule)}
thead th{position:sticky;top:0;background:var(--card);font-weight:600}
th:first-child{text-align:left}tbody th{font-weight:400}
@media screen and (prefers-color-scheme:dark){:root{--paper:#15181d;--ink:#dcdfe4;--soft:#9aa2ae;--rule:#333942;--card:#20242b;--accent:#4fb3f0}${darkRules}}
@media print{nav,.readout,.pointer,summary{display:none}.scroll{max-height:none;overflow:visible;border:0}.wide{display:block}.narrow{display:none}thead th{position:static}main{max-width:none;padding:0}figure,tr{break-inside:avoid}body{font-size:11pt}}
`.trim();

/** No template strings, no '<' next to a slash: it stands inside a script element as it is. */
export const script = `
'use strict';
(function () {
  var sections = Array.prototype.slice.call(document.querySelectorAll('.series'));
  var nav = document.querySelector('nav');
  var select = document.getElementById('series');
  function show(index) {
    sections.forEach(function (section, i) { section.hidden = i !== index; });
    select.value = String(index);
  }
  if (nav) {
    nav.hidden = false;
    select.addEventListener('change', function () { show(Number(select.value)); });
    nav.querySelectorAll('button').forEach(function (button) {
      button.addEventListener('click', function () {
        var count = sections.length;
        show((Number(select.value) + Number(button.dataset.step) + count) % count);
      });
    });
    show(0);
  }
  sections.forEach(function (section) {
    var chart = section.querySelector('.chart');
    var out = section.querySelector('.readout');
    var points = JSON.parse(section.querySelector('script').textContent);
    var at = points.length - 1;
    chart.tabIndex = 0;
    chart.setAttribute('aria-label', 'Chart. Arrow keys read its values.');
    chart.setAttribute('role', 'group');
    function drawn() {
      var svg = Array.prototype.filter.call(chart.querySelectorAll('svg.figure'), function (one) {
        return one.getBoundingClientRect().width > 0;
      })[0];
      var frame = svg.querySelector('[data-x]');
      var ends = frame.getAttribute('data-x').split(' ').map(Number);
      var box = frame.getBoundingClientRect();
      return { frame: frame, box: box, ends: ends };
    }
    function read(index, clientY) {
      var d = drawn();
      at = Math.max(0, Math.min(points.length - 1, index));
      var share = (points[at][0] - d.ends[0]) / (d.ends[1] - d.ends[0]);
      hide();
      var x = Number(d.frame.getAttribute('x')) + share * Number(d.frame.getAttribute('width'));
      var top = Number(d.frame.getAttribute('y'));
      var line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      line.setAttribute('class', 'pointer');
      line.setAttribute('d', 'M' + x + ' ' + top + 'v' + d.frame.getAttribute('height'));
      d.frame.parentNode.appendChild(line);
      out.textContent = '';
      points[at].slice(1).forEach(function (text, i) {
        var part = document.createElement(i === 0 ? 'b' : 'div');
        part.textContent = text;
        out.appendChild(part);
      });
      out.hidden = false;
      var whole = chart.getBoundingClientRect();
      var left = d.box.left - whole.left + share * d.box.width;
      var width = out.offsetWidth;
      var place = share > 0.5 ? left - width - 10 : left + 10;
      out.style.left = Math.max(0, Math.min(whole.width - width, place)) + 'px';
      var below = clientY < d.box.top + d.box.height / 2;
      var edge = below ? d.box.height - out.offsetHeight - 8 : 8;
      out.style.top = d.box.top - whole.top + edge + 'px';
    }
    function hide() {
      var line = chart.querySelector('.pointer');
      if (line) line.remove();
      out.hidden = true;
    }
    function nearest(clientX) {
      var d = drawn();
      var x = d.ends[0] + ((clientX - d.box.left) / d.box.width) * (d.ends[1] - d.ends[0]);
      var low = 0, high = points.length - 1;
      while (high - low > 1) {
        var middle = (low + high) >> 1;
        if (points[middle][0] > x) high = middle; else low = middle;
      }
      return Math.abs(points[high][0] - x) < Math.abs(x - points[low][0]) ? high : low;
    }
    chart.addEventListener('pointermove', function (event) { read(nearest(event.clientX), event.clientY); });
    chart.addEventListener('pointerdown', function (event) { read(nearest(event.clientX), event.clientY); });
    chart.addEventListener('pointerleave', function (event) { if (event.pointerType === 'mouse') hide(); });
    chart.addEventListener('blur', hide);
    chart.addEventListener('keydown', function (event) {
      var step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { read(out.hidden ? at : at + step); event.preventDefault(); }
      if (event.key === 'Escape') hide();
    });
  });
  var closed = [];
  addEventListener('beforeprint', function () {
    closed = Array.prototype.slice.call(document.querySelectorAll('details:not([open])'));
    closed.forEach(function (one) { one.open = true; });
  });
  addEventListener('afterprint', function () { closed.forEach(function (one) { one.open = false; }); });
})();
`.trim();
