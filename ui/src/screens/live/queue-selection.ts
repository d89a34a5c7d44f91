// Which waiting runs are chosen, as clicks and keys leave it. Pure.

export type Chosen = { ids: ReadonlySet<string>; /** Where a range begins: the row that was chosen last. */ anchor: string | null };
export type How = 'only' | 'toggle' | 'range';

export const NOTHING: Chosen = { ids: new Set(), anchor: null };

/** After one row was pointed at; `order` is what is shown, from the top. */
export function chosen(before: Chosen, order: readonly string[], id: string, how: How): Chosen {
  const [from, to] = [before.anchor === null ? -1 : order.indexOf(before.anchor), order.indexOf(id)];
  if (how === 'range' && from >= 0 && to >= 0) {
    // What was chosen besides stays, as do the rows between.
    return { ids: new Set([...before.ids, ...order.slice(Math.min(from, to), Math.max(from, to) + 1)]), anchor: before.anchor };
  }
  if (how === 'only') return before.ids.size === 1 && before.ids.has(id) ? NOTHING : { ids: new Set([id]), anchor: id };
  const ids = new Set(before.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** Without what waits no more. Of a list that is longer than what is shown, nobody can tell here. */
export function pruned(before: Chosen, order: readonly string[], total: number): Chosen {
  if (order.length < total) return before;
  const ids = [...before.ids].filter((id) => order.includes(id));
  return ids.length === before.ids.size ? before : { ids: new Set(ids), anchor: before.anchor !== null && order.includes(before.anchor) ? before.anchor : null };
}

/** How a click chooses, by the keys that are held. */
export function howOf(event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): How {
  return event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'only';
}
