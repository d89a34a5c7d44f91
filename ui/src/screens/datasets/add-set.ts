// Which field of a new data set a refusal is about. By the kind of what the host says, never by its words. Pure.
import type { ApiError } from '$lib/backend';

export type Field = 'name' | 'path';

const OF_NAME = ['failure.no_dataset_name', 'failure.built_in'];

export function fieldOf(error: ApiError): Field {
  return OF_NAME.includes(error.told.kind) ? 'name' : 'path';
}
