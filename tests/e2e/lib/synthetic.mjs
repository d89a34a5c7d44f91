// A workspace with synthetic runs whose spikes and NaN are known, as the generator beside the API's tests makes them.
import { program, run } from './programs.mjs';

/** Fills a workspace; with `arms` every second run has its patch projection frozen. The truth of each run: id, layers, spikes with steps and layers, places of NaN. */
export async function synthesize(folder, { steps = 100_000, layers = 150, runs = 1, arms = false } = {}) {
  const answer = await run(program('examples/synthetic_run'), [folder, '--steps', String(steps), '--layers', String(layers), '--runs', String(runs), ...(arms ? ['--arms'] : [])]);
  return answer.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}
