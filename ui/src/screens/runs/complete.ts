// What may come next in the query: names while one is being typed, then what they can be compared by, then their values, then how a
// condition goes on. Reads the text up to the caret as the filter language does, and offers nothing where plain words are meant. Pure.
import type { ColumnHolds, RunCell, RunName } from '$lib/backend';
import { inCondition } from '$lib/given';
import { metricOf, READINGS, searched } from './names';

export type Kind = 'name' | 'operator' | 'value' | 'joint';
/** `count`: of runs that have it; null where that is not known. `about`: the name that it says more of. */
export type Offer = { kind: Kind; insert: string; shown: string; about: string; count: number | null };
/** `from`: where the text begins that an offer takes the place of. */
export type Completion = { from: number; offers: Offer[] };

type Token = { kind: 'word' | 'name' | 'quoted' | 'sign'; text: string; from: number; to: number; closed: boolean };

const SIGNS = ['!=', '<=', '>=', '==', '(', ')', ',', '=', '<', '>', '~'];
const WORD = /[\p{L}\p{N}_\-+.:/%\u2212]/u;
const MOST = 40;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const from = at;
    const letter = text[at] ?? '';
    const sign = SIGNS.find((one) => text.startsWith(one, at));
    if (/\s/.test(letter)) {
      at += 1;
    } else if (letter === '"' || letter === "'" || letter === '`') {
      const end = text.indexOf(letter, at + 1);
      const closed = end >= 0;
      at = closed ? end + 1 : text.length;
      const inner = text.slice(from + 1, closed ? end : text.length);
      // What follows a closing backquote and a dot is of the name.
      const tail = from;
      if (letter === '`' && closed) while (at < text.length && WORD.test(text[at] ?? '')) at += 1;
      found.push({ kind: letter === '`' ? 'name' : 'quoted', text: letter === '`' && closed ? inner + text.slice(end + 1, at) : inner, from: tail, to: at, closed });
    } else if (sign !== undefined) {
      at += sign.length;
      found.push({ kind: 'sign', text: sign, from, to: at, closed: true });
    } else {
      at += 1;
      while (at < text.length && WORD.test(text[at] ?? '')) at += 1;
      found.push({ kind: 'word', text: text.slice(from, at), from, to: at, closed: true });
    }
  }
  return found;
}

type Expected = 'name' | 'operator' | 'in' | 'value' | 'open' | 'item' | 'after_item' | 'joint' | 'nothing';

/** What the language expects after these, and of which name a comparison is under way. */
function expected(before: readonly Token[]): { what: Expected; name: string } {
  let [what, name]: [Expected, string] = ['name', ''];
  for (const { kind, text } of before) {
    const word = kind === 'word' ? text.toLowerCase() : '';
    switch (what) {
      case 'name':
        if (kind === 'sign' ? text !== '(' : kind === 'quoted') return { what: 'nothing', name };
        if (kind !== 'sign' && word !== 'not') [what, name] = ['operator', text];
        break;
      case 'operator':
        if (kind === 'sign') what = text === ')' ? 'joint' : text === '(' || text === ',' ? 'nothing' : 'value';
        else if (word === 'in') what = 'open';
        else if (word === 'not') what = 'in';
        else what = word === 'and' || word === 'or' ? 'name' : 'nothing';
        break;
      case 'in': what = word === 'in' ? 'open' : 'nothing'; break;
      case 'open': what = text === '(' ? 'item' : 'nothing'; break;
      case 'value': what = kind === 'sign' ? 'nothing' : 'joint'; break;
      case 'item': what = kind === 'sign' ? 'nothing' : 'after_item'; break;
      case 'after_item': what = text === ',' ? 'item' : text === ')' ? 'joint' : 'nothing'; break;
      case 'joint': what = word === 'and' || word === 'or' ? 'name' : text === ')' && kind === 'sign' ? 'joint' : 'nothing'; break;
      case 'nothing': return { what, name };
    }
  }
  return { what, name };
}

const offer = (kind: Kind, insert: string, shown: string, about = '', count: number | null = null): Offer => ({ kind, insert, shown, about, count });

/** A metric by each of its readings; those that somebody has begun to type, or the two that are asked for most. */
function namesOf(one: RunName, typed: string): Offer[] {
  if (one.of !== 'metric') return [offer('name', `${inCondition(one.name)} `, one.name, one.name, one.runs)];
  const readings = typed.startsWith(`${one.name}.`) ? READINGS : (['last', 'best'] as const);
  return readings.map((reading) => `${one.name}.${reading}`).filter((name) => !typed.startsWith(`${one.name}.`) || name.startsWith(typed))
    .map((name) => offer('name', `${name.includes('/') ? `\`${name}\`` : inCondition(name)} `, name, name, one.runs));
}

function nameOffers(names: readonly RunName[], typed: string): Offer[] {
  const bare = typed.replace(/^`/, '');
  const reading = metricOf(`${bare.replace(/\.[a-z]*$/, '')}.last`)?.metric;
  const begun = names.find((one) => one.of === 'metric' && bare.startsWith(`${one.name}.`) && one.name === reading);
  const found = begun === undefined ? searched(names, bare) : [begun];
  return [...found.flatMap((one) => namesOf(one, bare)), ...('not'.startsWith(bare.toLowerCase()) && bare !== '' ? [offer('joint', 'not ', 'not')] : [])];
}

const ORDERED = ['=', '!=', '<', '<=', '>', '>=', 'in'];
const OPERATORS: Record<ColumnHolds, readonly string[]> = { text: ['=', '!=', '~', 'in', 'not in'], words: ['=', '!=', '~', 'in', 'not in'], flag: ['=', '!=', 'and', 'or'], number: ORDERED, share: ORDERED, time: ['>', '>=', '<', '<='] };

const isJoint = (word: string) => word === 'and' || word === 'or';
const operator = (word: string): Offer => offer(isJoint(word) ? 'joint' : 'operator', word.endsWith('in') ? `${word} (` : `${word} `, word);

/** As a condition takes it: in quotes where it has other letters than words have. */
export function valueText(cell: RunCell): string {
  const text = Array.isArray(cell) ? cell.join(' ') : String(cell);
  const bare = /^[\p{L}\p{N}_.+:/%-]+$/u.test(text) && !['and', 'or', 'not', 'in'].includes(text.toLowerCase());
  return bare ? text : text.includes('"') ? `'${text}'` : `"${text}"`;
}

function valueOffers(one: RunName | undefined, typed: string, tail: string): Offer[] {
  const bare = typed.replace(/^["']/, '').toLowerCase();
  const values = one?.values.length === 0 && one.holds === 'flag' ? [true, false].map((value) => ({ value, runs: null })) : one?.values ?? [];
  return values.filter(({ value }) => String(value).toLowerCase().includes(bare)).map(({ value, runs }) => offer('value', valueText(value) + tail, Array.isArray(value) ? value.join(' ') : String(value), '', runs));
}

/** What may be put at the caret, which stands at the end of `text`. */
export function complete(text: string, names: readonly RunName[]): Completion {
  const all = tokens(text);
  const last = all.at(-1);
  // A word that ends at the caret is still being typed; a sign or a closed quote is whole.
  const open = last !== undefined && last.to === text.length && (last.kind === 'word' || !last.closed) ? last : undefined;
  const from = open?.from ?? text.length;
  const typed = open === undefined ? '' : text.slice(from);
  const { what, name } = expected(open === undefined ? all : all.slice(0, -1));
  const one = names.find((known) => known.name === name) ?? names.find((known) => known.of === 'metric' && known.name === metricOf(name)?.metric);
  const begins = (words: readonly string[]) => words.filter((word) => word.startsWith(typed.toLowerCase()));
  const offers = (): Offer[] => {
    switch (what) {
      case 'name': return nameOffers(names, typed);
      case 'operator': return one === undefined ? [] : begins(OPERATORS[one.holds]).map(operator);
      case 'in': return begins(['in']).map(operator);
      case 'value': return valueOffers(one, typed, ' ');
      case 'item': return valueOffers(one, typed, '');
      case 'joint': return begins(['and', 'or']).map(operator);
      default: return [];
    }
  };
  // What stands there already is no offer.
  return { from, offers: offers().filter(({ insert }) => insert.trim() !== typed || what === 'name').filter(({ insert }) => insert !== typed).slice(0, MOST) };
}
