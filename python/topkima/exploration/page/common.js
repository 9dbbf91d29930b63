// SPDX-License-Identifier: Apache-2.0
// What the pages share: elements, numbers, colours, and charts that follow theme and paper.
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);

/** An element with properties and children; texts are never read as HTML. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made)
      made[name] = value;
    else
      made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** 1234567 -> 1 234 567 (thin spaces); 5 significant digits for what is no whole number. */
function numberText(value, digits = 5) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return grouped(String(value));
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
    return `${Number(mantissa)}e${Number(exponent)}`;
  }
  if (size >= 10 ** digits) return grouped(value.toFixed(0));
  return grouped(String(Number(value.toPrecision(digits))));
}

function grouped(text) {
  const [whole, part] = text.split('.');
  const sized =
      whole.replace('-', '').length > 4 ? whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f') : whole;
  return (part === undefined ? sized : `${sized}.${part}`).replace('-', '\u2212');
}

function percentText(share) {
  if (share > 0 && share < 0.001) return '<0.1\u00a0%';
  return `${(100 * share).toFixed(share !== 0 && share < 0.1 ? 1 : 0)}\u00a0%`;
}

const escaped = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;');
const counted = (count, one, many = `${one}s`) =>
    `${numberText(count)} ${count === 1 ? one : many}`;

// Okabe and Ito's colours, and symbols beside them, so that nothing rests on colour alone.
const COLOURS = [
  '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#8c6d31', '#8f4e8b', '#7f8790',
  '#b7a800'
];
const SYMBOLS = [
  'circle', 'square', 'diamond', 'triangle-up', 'cross', 'triangle-down', 'star', 'pentagon',
  'hexagon', 'bowtie'
];
// By kinds of stage, and names of accounts that are of one; what else an account is called has none.
const STAGE_COLOURS = {...data.stages.colours, 'no more rows': '#d3d7dd'};
function stageColour(kind, place = 0) {
  if (kind === 'no more rows') return ink().idle;
  return kind in STAGE_COLOURS ? lit(STAGE_COLOURS[kind]) : seriesColour(place);
}
const seriesColour = (place) => lit(COLOURS[place % COLOURS.length]);
/** On a dark ground colours are mixed with some white. */
function lit(colour) {
  if (theme.name() !== 'dark') return colour;
  return mixed(colour, '#ffffff', 0.25);
}
function mixed(colour, other, share) {
  const part = (of, at) => parseInt(of.slice(at, at + 2), 16);
  const parts =
      [1, 3, 5].map((at) => Math.round((1 - share) * part(colour, at) + share * part(other, at)));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
/** Black or white, whichever reads better on the colour. */
function textOn(colour) {
  const [r, g, b] =
      [1, 3, 5]
          .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
          .map((part) => (part <= 0.04 ? part / 12.9 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? '#111111' : '#ffffff';
}

/** Colours of the theme, for what CSS does not reach. */
function ink() {
  const dark = theme.name() === 'dark';
  return {
    dark,
    text: dark ? '#e6e9ee' : '#1b2027',
    soft: dark ? '#a4aebb' : '#525c69',
    grid: dark ? '#2c343e' : '#e4e8ed',
    line: dark ? '#6b7786' : '#8a94a3',
    ground: dark ? '#14181d' : '#ffffff',
    raised: dark ? '#232a33' : '#ffffff',
    accent: dark ? '#6bb5f0' : '#0a5a9c',
    blocked: dark ? '#f08c4a' : '#d55e00',
    pale: dark ? '#4a5562' : '#b6bec9',
    idle: dark ? '#39424d' : '#e1e5ea',
    scale: dark ? [[0, '#1c2229'], [0.02, '#22405c'], [0.5, '#4c93cc'], [1, '#d6ecff']] :
                  [[0, '#ffffff'], [0.02, '#d3e5f4'], [0.5, '#4b93c8'], [1, '#08305c']],
  };
}

const PAPER_WIDTH = 680;  // A4 between its margins, in CSS pixels
const charts = [];

function axis(options = {}) {
  const {grid, line, text} = ink();
  return {
    gridcolor: grid,
    linecolor: line,
    zerolinecolor: line,
    tickcolor: line,
    color: text,
    automargin: true,
    exponentformat: 'power',
    minexponent: 6,
    separatethousands: true,
    ...options,
  };
}

function layoutOf(options = {}) {
  const {text, raised, line, ground} = ink();
  return {
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    separators: '.\u202f',
    font: {
      family: 'system-ui, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif',
      size: 12,
      color: text
    },
    margin: {l: 60, r: 16, t: 30, b: 48},
    autosize: true,
    hovermode: 'closest',
    hoverlabel: {
      bgcolor: raised,
      bordercolor: line,
      font: {color: text, size: 12},
      align: 'left',
      namelength: -1
    },
    legend: {
      bgcolor: 'rgba(0,0,0,0)',
      orientation: 'h',
      x: 0,
      xanchor: 'left',
      y: 1.02,
      yanchor: 'bottom'
    },
    modebar: {bgcolor: ground, color: line},
    ...options,
  };
}

const asTexts = (value) => (Array.isArray(value) ? value.map(asTexts) :
                                typeof value === 'string' ? escaped(value) :
                                                            value);
/**
 * Plotly reads texts as a kind of HTML. Names of traces, their values and categories are texts of
 * data, escaped here; titles, annotations, `text` and templates are written as markup, by whoever
 * makes a chart.
 */
function withTexts({data: traces, layout}) {
  for (const trace of traces) {
    for (const part of ['name', 'x', 'y', 'customdata'])
      if (part in trace) trace[part] = asTexts(trace[part]);
  }
  for (const axis of [layout.xaxis, layout.yaxis])
    if (axis && axis.categoryarray) axis.categoryarray = asTexts(axis.categoryarray);
}

/**
 * A chart in the element `id`; `build` gives {data, layout, label}, or null when there is nothing
 * to draw. The label tells it to those who do not see it. Returns the function that draws it anew.
 */
function chart(id, build) {
  const place = byId(id);
  function draw() {
    const made = build();
    place.hidden = made === null;
    if (made === null) return;
    withTexts(made);
    place.setAttribute('role', 'group');
    place.setAttribute('aria-label', made.label);
    place.style.height = `${made.layout.height}px`;
    if (theme.onPaper()) Object.assign(made.layout, {width: PAPER_WIDTH, autosize: false});
    Plotly.react(place, made.data, made.layout, {
      responsive: true,
      displaylogo: false,
      scrollZoom: false,
      modeBarButtonsToRemove: [
        'select2d', 'lasso2d', 'autoScale2d', 'toggleSpikelines', 'hoverCompareCartesian',
        'hoverClosestCartesian'
      ],
    });
  }
  charts.push(draw);
  draw();
  return draw;
}

const narrow = () => innerWidth < 620;

function emptyChart(text) {
  return {
    label: text,
    data: [],
    layout: layoutOf({
      height: 240,
      xaxis: {visible: false},
      yaxis: {visible: false},
      annotations:
          [{text, showarrow: false, x: 0.5, y: 0.5, xref: 'paper', yref: 'paper', font: {size: 14}}]
    }),
  };
}

/** A select with options {value, text, group}; calls back on change. */
function fillSelect(select, options, value, changed) {
  const groups = new Map();
  for (const option of options) {
    let parent = select;
    if (option.group) {
      if (!groups.has(option.group)) {
        groups.set(option.group, element('optgroup', {label: option.group}));
        select.append(groups.get(option.group));
      }
      parent = groups.get(option.group);
    }
    parent.append(element('option', {value: option.value}, option.text));
  }
  select.value = value;
  select.addEventListener('change', changed);
}

function figures(list, entries) {
  for (const {label, value, unit, title} of entries) {
    const shown = element('dd', {}, value);
    if (unit) shown.append(' ', element('small', {}, unit));
    list.append(element('div', title ? {title} : {}, element('dt', {}, label), shown));
  }
}

/** A name that may be broken after a dot or an underscore. */
function breakable(name) {
  const parts = name.split(/(?<=[._])/);
  return parts.flatMap((part, at) => (at ? [element('wbr'), part] : [part]));
}

function pairsTable(rows) {
  const body = element('tbody');
  for (const [name, value, title] of rows) {
    body.append(element(
        'tr', {}, element('th', {scope: 'row', title: title || ''}, name),
        element('td', {}, value)));
  }
  return element('table', {className: 'pairs'}, body);
}

function debounced(action, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}

function labelThemeButton() {
  byId('theme').textContent = theme.name() === 'dark' ? 'Light' : 'Dark';
  byId('theme').setAttribute(
      'aria-label', `Switch to the ${theme.name() === 'dark' ? 'light' : 'dark'} theme`);
}
byId('theme').addEventListener('click', () => theme.toggle());
byId('print').addEventListener('click', () => window.print());
theme.changed(() => {
  labelThemeButton();
  charts.forEach((draw) => draw());
});
let drawnWidth = innerWidth;
addEventListener('resize', debounced(() => {
                   if (innerWidth === drawnWidth) return;  // a phone's address bar came or went
                   drawnWidth = innerWidth;
                   charts.forEach((draw) => draw());
                 }, 150));
labelThemeButton();
