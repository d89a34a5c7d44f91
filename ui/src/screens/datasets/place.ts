// Which images of a data set the page shows, read from the address. Pure; anything that is not a number counts as absent.
import type { Params } from '$lib/backend';

export type Place = Readonly<Record<string, string>>;

/** Images on a page. */
export const PAGE = 12;
export const AUGMENTATIONS = ['mocov3', 'mocov3_small', 'none'] as const;

function whole(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || text === '' || !Number.isInteger(value) || value < 0 ? undefined : value;
}

export function epochOf(place: Place): number {
  return whole(place['epoch']) ?? 0;
}

/** What is asked of the host: absent values are left to it. */
export function samplesOf(name: string, place: Place): Params<'dataset_samples'> {
  const from = whole(place['from']);
  const augmentation = AUGMENTATIONS.find((one) => one === place['aug']);
  return {
    name, count: PAGE, epoch: epochOf(place), split: place['split'] === 'heldout' ? 'heldout' : 'train',
    ...(from === undefined ? {} : { from }), ...(augmentation === undefined ? {} : { augmentation }),
  };
}

/** First and last image of the page, counted from 1; null where the images are spread over the whole split. */
export function pageOf(place: Place, images: number): [number, number] | null {
  const from = whole(place['from']);
  return from === undefined || images === 0 ? null : [from + 1, Math.min(images, from + PAGE)];
}
