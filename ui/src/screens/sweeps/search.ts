// Finds parameters by what people call them: by name, by the host's other words (lr, wd, bs), by the reader's language. The
// order is the host's: what a word names, then what begins with it, then what holds it; among equals the one set more often.
// Pure.
import type { ParameterInfo } from '$lib/backend';

const plain = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '').join(' ');

/** How near a parameter is to one word or phrase: 0 is meant, 1 begins with it, 2 holds it; null is something else. */
function nearness(one: ParameterInfo, text: string, title: string, group: string): number | null {
  const words = [plain(one.name), plain(title), ...one.synonyms];
  if (words.includes(text)) return 0;
  if (words.some((word) => word.startsWith(text) || word.split(' ').includes(text))) return 1;
  return words.some((word) => word.includes(text)) || plain(group).includes(text) ? 2 : null;
}

/** The parameters that fit, the most likely first; all of them, in their order, where nothing is asked. */
export function found(parameters: readonly ParameterInfo[], typed: string, title: (one: ParameterInfo) => string, group: (one: ParameterInfo) => string): ParameterInfo[] {
  const whole = plain(typed);
  if (whole === '') return [...parameters];
  const near = parameters.flatMap((one) => {
    const asked = nearness(one, whole, title(one), group(one));
    // Words in any order: `rate base`.
    const apart = whole.split(' ').map((word) => nearness(one, word, title(one), group(one)));
    const least = asked ?? (apart.every((each) => each !== null) ? 3 : null);
    return least === null ? [] : [{ one, least }];
  });
  return near.sort((a, b) => a.least - b.least || a.one.rank - b.one.rank).map(({ one }) => one);
}
