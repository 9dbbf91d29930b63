// The run's page: heading, diagram, configuration.
'use strict';

/** The softmax macro and where the scale is applied, in words. */
function macroText() {
  const scalings = {left_shift: ', scores shifted', in_k_weights: ', scale in the K weights'};
  const scaling = scalings[setting('attention.scaling')] || '';
  if (!selects) return `conventional softmax over all columns${scaling}`;
  const perCrossbar = stopsEarly || setting('sort.sorters') === 'crossbar';
  const k = perCrossbar ? [].concat(setting('topk.sub_k')).join(' + ') : setting('topk.k');
  return `${stopsEarly ? '' : 'digital sorter, '}k = ${k}${scaling}`;
}

function drawHeading() {
  const {totals, workload, early_stop: early, float_reference: reference} = report;
  const {tool, version, git_revision: revision, compiler, systemc, input} = data.run;
  byId('kicker').textContent = `Simulated run, ${tool}`;
  byId('name').textContent = data.name;
  byId('machine').textContent =
      `${counted(workload.heads, 'head')}, ${counted(workload.query_rows, 'row')}, ${
          counted(workload.tokens, 'token')}, ` +
      `d_k ${workload.d_k}; ${macroText()}, ${setting('ima.bits')}-bit ramp, schedule ${
          setting('pipeline.schedule')}.`;
  byId('summary').textContent =
      `${counted(setting('pipeline.sequences') || 1, 'sequence')} in ${
          numberText(totals.latency_cycles)} cycles (${numberText(totals.latency_us)} us at ` +
      `${numberText(setting('clock.frequency_mhz'))} MHz); ${
          stopsEarly ? `the ramp stops after ${percentText(early.alpha)} of its steps` :
                       'every conversion runs through the full ramp'}` +
      `${
          reference ? `; cosine similarity to exact float attention ${
                          numberText(reference.cosine_similarity, 4)}` :
                      ''}.`;
  const entries = [
    {label: 'latency', value: numberText(totals.latency_cycles), unit: 'cycles'},
    {label: 'latency', value: numberText(totals.latency_us), unit: 'us'},
    {
      label: 'throughput',
      value: numberText(totals.steady_state.tops, 4),
      unit: 'TOPS',
      title: 'dense operations over the time of a sequence in steady state'
    },
    {
      label: 'closed-form estimate',
      value: numberText(Math.round(totals.closed_form_cycles)),
      unit: 'cycles'
    },
    {label: 'mean conversion', value: numberText(totals.mean_conversion_cycles, 4), unit: 'cycles'},
    {
      label: 'alpha',
      value: numberText(early.alpha, 4),
      title: 'executed share of the ramp, mean over rows of the slowest crossbar'
    },
  ];
  if (reference)
    entries.push({label: 'cosine similarity', value: numberText(reference.cosine_similarity, 4)});
  if (reference && selects) {
    entries.push(
        {
          label: 'top-k overlap',
          value: percentText(reference.topk_overlap_float),
          title: 'share of the float top-k that was selected'
        },
        {
          label: 'softmax mass',
          value: percentText(reference.topk_mass),
          title: 'mean float probability of the selected tokens, summed'
        });
  }
  figures(byId('totals'), entries);
  const parts = [
    `${tool} ${version}, revision ${revision}; ${systemc.split(' ---')[0]}, ${compiler}.`,
    input ? `Input: ${input}.` : `Synthetic tensors, seed ${setting('workload.seed')}.`
  ];
  for (const block of report.rtl || []) parts.push(`RTL: ${block}.`);
  byId('meta').textContent = parts.join(' ');
  byId('foot').textContent = `${data.name}, ${tool} ${version}, revision ${revision}.`;
}

function startDiagram() {
  const told = byId('block-told');
  const tell = (event) => {
    const block = event.target.closest('.block');
    if (block) told.textContent = block.getAttribute('aria-label');
  };
  byId('diagram').addEventListener('focusin', tell);
  byId('diagram').addEventListener('pointerover', tell);
}

function valueText(value) {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  return typeof value === 'number' ? numberText(value, 6) : String(value);
}

/**
 * Whether a value is another than the default. What was `auto` became something, and is no change.
 */
function isChanged({value, default: usual}) {
  return !['auto', 'all'].includes(usual) && String(value) !== usual &&
      Number(value) !== Number(usual);
}

function startConfiguration() {
  const assumed = new Set(report.assumed);
  const rows = Object.entries(report.configuration).map(([name, entry]) => {
    const changed = isChanged(entry);
    const provenance = element(
        'td', {},
        ...(assumed.has(name) ? [element('span', {className: 'tag bad'}, 'assumption')] : []),
        entry.provenance.replace(/^assumption: /, ''));
    const shown = element(
        'td', {className: 'number wrapped'},
        changed ? element('strong', {}, valueText(entry.value)) : valueText(entry.value));
    const row = element(
        'tr', {}, element('th', {scope: 'row'}, name), shown, element('td', {}, entry.unit),
        element('td', {}, entry.default), provenance);
    return {
      row,
      changed,
      assumed: assumed.has(name),
      text: [name, valueText(entry.value), entry.unit, entry.provenance].join(' ').toLowerCase()
    };
  });
  byId('configuration-note').textContent = `${numberText(assumed.size)} of ${
      numberText(rows.length)} parameters rest on no published or measured figure.`;
  const filter = () => {
    const words = byId('configuration-filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter(
        (one) => words.every((word) => one.text.includes(word)) &&
            (one.assumed || !byId('only-assumed').checked) &&
            (one.changed || !byId('only-changed').checked));
    byId('configuration-body').replaceChildren(...kept.map((one) => one.row));
    byId('configuration-count').textContent =
        `${numberText(kept.length)} of ${counted(rows.length, 'parameter')}`;
  };
  byId('configuration-filter').addEventListener('input', filter);
  byId('only-assumed').addEventListener('change', filter);
  byId('only-changed').addEventListener('change', filter);
  filter();
}

drawHeading();
startDiagram();
startStages();
startPipeline();
startRamp();
startSelection();
startEnergy();
startConfiguration();
