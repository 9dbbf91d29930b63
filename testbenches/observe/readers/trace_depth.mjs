// SPDX-License-Identifier: Apache-2.0
// What the trace engine of Chrome's developer tools makes of a file: a line of JSON for each track,
// with its name, how deep its slices are nested, how many it has, and how many stand on the top
// level. Slices that it cannot place are on no level.
//
//   node trace_depth.mjs FILE.json
import fs from "node:fs";
import {Processor} from "@paulirish/trace_engine";

globalThis.DOMRect ??= class {};    // which the engine wants of a browser

const engine = Processor.TraceProcessor.createWithAllHandlers();
await engine.parse(JSON.parse(fs.readFileSync(process.argv[2], "utf8")).traceEvents, {});
for (const [pid, {threads}] of engine.data.Renderer.processes)
  for (const [tid, {name, entries, tree}] of threads)
    console.log(JSON.stringify({pid, tid, name, depth: tree.maxDepth, slices: entries.length,
                                top: tree.roots.size}));
