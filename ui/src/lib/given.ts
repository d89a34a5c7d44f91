// What a run was given, by the names that conditions ask for: parameters where Vitals trained it, else what its own tool says
// of its configuration, as `config.KEY`. Nothing is both, and nothing is merged. Pure.
import type { JsonValue, Run } from '$lib/backend';

const CONFIG = 'config.';

export type Given = Pick<Run, 'parameters' | 'config' | 'source'>;

/** Vitals did not train it, so that nothing is known but what stands in its configuration. */
export const isImported = (run: Pick<Run, 'source'>): boolean => run.source !== null;

/** Everything by name. */
export function given(run: Given): Record<string, JsonValue | undefined> {
  return { ...run.parameters, ...Object.fromEntries(Object.entries(run.config).map(([key, value]) => [`${CONFIG}${key}`, value])) };
}

/** A name as a condition takes it: in backquotes where it has other characters than names have. */
export function inCondition(name: string): string {
  return /^[\p{L}\p{N}_.+:%-]+$/u.test(name) ? name : `\`${name}\``;
}

/** Where an imported run came from, in a few words: the tool where it is known, else the form of the file. */
export function sourceName(run: Pick<Run, 'source'>): string {
  const tools: Record<string, string> = { wandb: 'W&B', tensorboard: 'TensorBoard', mlflow: 'MLflow' };
  const { tool, kind } = run.source ?? { tool: null, kind: '' };
  return tool === null ? kind.toUpperCase() : tools[tool] ?? tool;
}
