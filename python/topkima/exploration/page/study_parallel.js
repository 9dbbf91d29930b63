// SPDX-License-Identifier: Apache-2.0
// Parallel coordinates: a line per point across an axis per parameter and objective. Lines are
// painted on a canvas, which takes ten thousand; axes are SVG. A brush is a filter like any other.
'use strict';
const parallel = {
  fields: [],
  places: [],
  height: 410,
  top: 56,
  bottom: 26,
  left: 70,
  right: 80,
  width: 0,
};

/** Some four round values between two others. */
function roundValues(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const values = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step)
    values.push(Number(value.toPrecision(12)));
  return values;
}

/** Where a value is on an axis, 0 bottom to 1 top; null for none. */
function scaleOf(field) {
  if (!field.numeric) {
    const count = field.texts.length;
    const places =
        new Map(field.texts.map((text, place) => [text, count > 1 ? place / (count - 1) : 0.5]));
    return {
      of: (value) => places.get(value),
      ticks: field.texts.map((text) => [worded(text), places.get(text)]),
    };
  }
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < COUNT; ++i) {
    const value = field.at(i);
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return {of: () => 0.5, ticks: [[numberText(low), 0.5]], low, high};
  const distinct =
      field.role === 'parameter' ? [...new Set(field.values)].sort((a, b) => a - b) : [];
  const log = low > 0 && high / low > 30;
  const of = (value) =>
      (value === null ? null :
           log        ? Math.log(value / low) / Math.log(high / low) :
                        (value - low) / (high - low));
  const at = (share) => (log ? low * (high / low) ** share : low + (high - low) * share);
  const few = distinct.length && distinct.length <= 9;
  const between = log ? [0.25, 0.5, 0.75].map((share) => Number(at(share).toPrecision(2))) :
                        roundValues(low, high);
  // The ends always, what lies between where there is room.
  const ticks = [[numberText(low, 3), 0]];
  for (const value of few ? distinct : between) {
    const place = of(value);
    if (place - ticks[ticks.length - 1][1] > 0.045 && place < 0.955)
      ticks.push([numberText(value, 3), place]);
  }
  ticks.push([numberText(high, 3), 1]);
  return {of, at, ticks, low, high};
}

function parallelLayout() {
  const host = byId('parallel');
  const least = 96 * (parallel.fields.length - 1) + parallel.left + parallel.right;
  parallel.width = theme.onPaper() ? PAPER_WIDTH : Math.max(host.clientWidth, least);
  const room = parallel.width - parallel.left - parallel.right;
  // Where axes are close, every other name stands higher.
  parallel.tight = room / Math.max(1, parallel.fields.length - 1) < 90;
  parallel.top = parallel.tight ? 84 : 56;
  parallel.x = parallel.fields.map(
      (_, at) => parallel.left +
          (parallel.fields.length > 1 ? room * at / (parallel.fields.length - 1) : room / 2));
}
const parallelY = (share) =>
    parallel.top + (parallel.height - parallel.top - parallel.bottom) * (1 - share);

function paintLines() {
  const canvas = byId('parallel').querySelector('canvas');
  const ratio = Math.max(theme.onPaper() ? 2 : 1, devicePixelRatio || 1);
  canvas.width = parallel.width * ratio;
  canvas.height = parallel.height * ratio;
  canvas.style.width = `${parallel.width}px`;
  canvas.style.height = `${parallel.height}px`;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const {accent, pale, text} = ink();
  const stroke = (points, colour, alpha, width) => {
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    context.lineWidth = width;
    for (const i of points) {
      context.beginPath();
      let down = false;
      parallel.places.forEach((places, at) => {
        if (places[i] === null || places[i] === undefined) {
          down = false;
          return;
        }
        if (down)
          context.lineTo(parallel.x[at], parallelY(places[i]));
        else
          context.moveTo(parallel.x[at], parallelY(places[i]));
        down = true;
      });
      context.stroke();
    }
  };
  const density = (count) => Math.max(0.06, Math.min(0.6, 40 / Math.sqrt(count * 20 + 1)));
  if (study.visible.length < COUNT) {
    const kept = new Set(study.visible);
    const rest = data.number.map((_, i) => i).filter((i) => !kept.has(i));
    stroke(rest, pale, 0.5 * density(rest.length), 1);
  }
  const best = study.visible.filter((i) => isFront(i) && !isViolator(i));
  const violators = study.visible.filter(isViolator);
  const others = study.visible.filter((i) => !isFront(i) && !isViolator(i));
  stroke(violators, pale, density(violators.length), 1);
  stroke(others, accent, density(others.length), 1);
  stroke(best, ink().blocked, 0.9, 1.6);
  if (study.selected >= 0) stroke([study.selected], text, 1, 3);
}

function svgElement(tag, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** The brush that shows a filter made by brushing: [from, to] as shares of the axis, or null. */
function brushOf(at) {
  const brush = parallel.brushed[at];
  return brush && study.filters.get(parallel.fields[at].key) === brush.text ? brush.range : null;
}

function shortened(text, room) {
  const most = Math.max(6, Math.floor(room / 6.4));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/**
 * A name in lines that fit into `room` pixels, broken after dots and underscores; at most three.
 */
function nameLines(name, room) {
  const lines = [''];
  for (const part of name.split(/(?<=[._])/)) {
    const longer = lines[lines.length - 1] + part;
    if (longer.length * 6.6 <= room || !lines[lines.length - 1] || lines.length === 3)
      lines[lines.length - 1] = longer;
    else
      lines.push(part);
  }
  return lines.map((line) => shortened(line, room));
}

function drawAxes() {
  const svg = byId('parallel').querySelector('svg');
  svg.setAttribute('width', parallel.width);
  svg.setAttribute('height', parallel.height);
  svg.replaceChildren();
  const step = parallel.fields.length > 1 ? parallel.x[1] - parallel.x[0] : 200;
  parallel.fields.forEach((field, at) => {
    const group = svgElement('g', {'data-key': field.key});
    group.append(svgElement('title', {}, `${field.label}: ${field.meaning}`));
    const [x, scale] = [parallel.x[at], parallel.scales[at]];
    const lines = nameLines(field.name, (parallel.tight ? 2 : 1) * step - 6);
    const base = parallel.top - 16 - (parallel.tight && at % 2 ? 28 : 0);
    lines.forEach(
        (line, place) => group.append(svgElement(
            'text',
            {class: 'name', x, y: base - 13 * (lines.length - 1 - place), 'text-anchor': 'middle'},
            line)));
    group.append(
        svgElement('line', {class: 'axis', x1: x, x2: x, y1: parallelY(0), y2: parallelY(1)}));
    for (const [text, place] of scale.ticks) {
      group.append(
          svgElement(
              'line',
              {class: 'tick', x1: x - 4, x2: x, y1: parallelY(place), y2: parallelY(place)}),
          svgElement(
              'text', {class: 'halo', x: x - 7, y: parallelY(place) + 4, 'text-anchor': 'end'},
              shortened(text, step - 14)));
    }
    const range = brushOf(at);
    if (range) {
      group.append(svgElement('rect', {
        class: 'brush',
        x: x - 7,
        width: 14,
        y: parallelY(range[1]),
        height: Math.max(3, parallelY(range[0]) - parallelY(range[1]))
      }));
    }
    const strip = svgElement('rect', {
      class: 'strip',
      x: x - 14,
      width: 28,
      y: parallel.top - 8,
      height: parallel.height - parallel.top - parallel.bottom + 16
    });
    strip.addEventListener('pointerdown', (event) => startBrush(event, at));
    group.append(strip);
    svg.append(group);
  });
}

/** A range of an axis as the text of a filter; empty when it holds no value. */
function filterText(at, [low, high]) {
  const [field, scale] = [parallel.fields[at], parallel.scales[at]];
  if (field.numeric && scale.at)
    return `${Number(scale.at(low).toPrecision(6))}..${Number(scale.at(high).toPrecision(6))}`;
  if (field.numeric) return '';
  return field.texts.filter((text) => text && scale.of(text) >= low && scale.of(text) <= high)
      .map((text) => `=${text}`)
      .join('|');
}

function startBrush(event, at) {
  event.preventDefault();
  const strip = event.target;
  const svg = byId('parallel').querySelector('svg');
  const shareAt = (moved) => {
    const y = moved.clientY - svg.getBoundingClientRect().top;
    return Math.max(0, Math.min(1, (parallelY(0) - y) / (parallelY(0) - parallelY(1))));
  };
  const from = shareAt(event);
  let range = null;
  const rect =
      svgElement('rect', {class: 'brush', x: parallel.x[at] - 7, width: 14, y: 0, height: 0});
  svg.append(rect);
  strip.setPointerCapture(event.pointerId);
  const move = (moved) => {
    const to = shareAt(moved);
    range = Math.abs(to - from) * (parallelY(0) - parallelY(1)) < 4 ?
        null :
        [Math.min(from, to), Math.max(from, to)];
    rect.setAttribute('y', range ? parallelY(range[1]) : 0);
    rect.setAttribute('height', range ? parallelY(range[0]) - parallelY(range[1]) : 0);
  };
  strip.addEventListener('pointermove', move);
  const end = () => {
    strip.removeEventListener('pointermove', move);
    const text = range ? filterText(at, range) : '';
    parallel.brushed[at] = text ? {text, range} : null;
    study.filter(parallel.fields[at].key, text);
  };
  strip.addEventListener('pointerup', end, {once: true});
  strip.addEventListener('pointercancel', end, {once: true});
}

function drawParallel() {
  parallelLayout();
  paintLines();
  drawAxes();
}

function startParallel() {
  parallel.fields = [...parameterFields, ...objectiveFields];
  parallel.brushed = parallel.fields.map(() => null);
  parallel.scales = parallel.fields.map(scaleOf);
  parallel.places = parallel.fields.map(
      (field, at) => data.number.map((_, i) => parallel.scales[at].of(field.at(i))));
  byId('parallel').append(element('canvas', {'aria-hidden': 'true'}), svgElement('svg', {
                            role: 'img',
                            'aria-label':
                                'Axes: ' + parallel.fields.map((field) => field.name).join(', ')
                          }));
  byId('parallel-caption').textContent =
      `Lines: points that pass the filters; ${
          objectiveFields.length > 1 ? 'the front' : 'the best'} in orange, ` +
      'the selected point strong, violators and filtered points pale.';
  charts.push(drawParallel);
  study.on('filter', drawParallel);
  study.on('select', paintLines);
  drawParallel();
}
