// The address of the window, `#/screen/arg?name=value`: the complete state of what is shown, so that reload and Back
// restore it. Screens read `router.route` and write through `go` and `patch`; nothing else touches location.
import { screenOf, type ScreenName } from '../screens';

export type Route = { screen: ScreenName; arg: string; params: Readonly<Record<string, string>> };

/** WebKit refuses more than 100 replacements in 30 seconds. */
const REPLACE_EVERY_MS = 350;

export function parseAddress(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', ...rest] = path.split('/');
  return { screen: screenOf(name), arg: decodeURIComponent(rest.join('/')), params: Object.fromEntries(new URLSearchParams(query)) };
}

export function formatAddress(route: Route): string {
  const query = new URLSearchParams(Object.entries(route.params).filter(([, value]) => value !== '')).toString();
  const arg = route.arg === '' ? '' : `/${encodeURIComponent(route.arg)}`;
  return `#/${route.screen}${arg}${query === '' ? '' : `?${query}`}`;
}

/** An address for `href`. */
export function address(screen: ScreenName, arg = '', params: Record<string, string> = {}): string {
  return formatAddress({ screen, arg, params });
}

/** The address as it stands, also while the event that tells of it is still on its way. */
const standing = (): string => (typeof location === 'undefined' ? '' : location.hash);

class Router {
  #route = $state.raw<Route>(parseAddress(standing()));
  /** The address that the route was read from or written to. */
  #known = standing();
  #timer: ReturnType<typeof setTimeout> | null = null;

  get route(): Route {
    return this.#route;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#route.params;
  }

  /** A new entry in the history. */
  go(screen: ScreenName, arg = '', params: Record<string, string> = {}): void {
    this.#flush();
    location.hash = address(screen, arg, params);
  }

  back(): void {
    history.back();
  }

  /** Changes parameters in place; an empty or null value removes one. Written to the address a little later. */
  patch(changes: Record<string, string | null>): void {
    const params: Record<string, string> = { ...this.#route.params };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') delete params[name];
      else params[name] = value;
    }
    this.#route = { ...this.#route, params };
    this.#timer ??= setTimeout(() => this.#flush(), REPLACE_EVERY_MS);
  }

  listen(): () => void {
    const read = () => {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      this.#known = standing();
      this.#route = parseAddress(this.#known);
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  #flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    // Whoever has gone elsewhere in the meantime is not brought back: the address is then another entry's.
    if (standing() !== this.#known) return;
    history.replaceState(null, '', formatAddress(this.#route));
    this.#known = standing();
  }
}

export const router = new Router();
