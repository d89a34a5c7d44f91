// The one door to the host. Screens import `backend`; which host answers is decided once, before the frame is mounted.
import type { Backend } from './methods';
import type { ApiError, ErrorCode, Told } from './generated';

export type * from './generated';
export { DEEDS, EXPORT_FORMATS, METRIC, METRICS } from './generated';
export type { Backend, Method, Params, Result } from './methods';
export type { ArmColumns, ArmFrame } from './arm-frame';
export { columnAt, find, type Columns, type Frame, type Way } from './frame';
export type { Cells } from './heatmap';

let provided: Backend | null = null;

export function provideBackend(host: Backend): void {
  provided = host;
}

function host(): Backend {
  if (provided === null) throw new Error('no backend was provided before the frame was mounted');
  return provided;
}

export const backend: Backend = {
  rpc: (method, params) => host().rpc(method, params),
  series: (request) => host().series(request),
  heatmap: (request) => host().heatmap(request),
  arms: (request) => host().arms(request),
  watch: (listener) => host().watch(listener),
  notify: (notification) => host().notify(notification),
  choose: (path, folder) => host().choose(path, folder),
  zoom: (factor) => host().zoom(factor),
};

/** Any rejection as an ApiError: what the shell sends is one already, everything else becomes `failed`. */
export function asApiError(reason: unknown): ApiError {
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'message' in reason) {
    const { code, message } = reason;
    const hints = 'hints' in reason && Array.isArray(reason.hints) ? reason.hints.map(String) : [];
    const { diagnostics = [], told = plain(String(message)), hints_told = hints.map(plain) } = reason as Partial<ApiError>;
    return { code: code as ErrorCode, message: String(message), hints, told, hints_told, diagnostics };
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return { code: 'failed', message, hints: [], told: plain(message), hints_told: [] };
}

/** Words that no catalogue has: the page's own faults, those of the shell. */
function plain(text: string): Told {
  return { kind: '', fields: {}, text };
}
