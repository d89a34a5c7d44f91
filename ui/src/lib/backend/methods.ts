// What the window may ask of its host, typed by the generated map of methods. Only types: nothing runs here.
import type { ArmsRequest, ChangeNotice, FrameRequest, HeatmapRequest, Methods, RunsQuery } from './generated';
import type { ArmFrame } from './arm-frame';
import type { Frame } from './frame';
import type { Cells } from './heatmap';

export type Method = keyof Methods;
export type Result<M extends Method> = Methods[M]['result'];

type NullableKeys<T> = { [K in keyof T]: null extends T[K] ? K : never }[keyof T];
/** What the host takes as null may be left out. */
type Loose<T> = Omit<T, NullableKeys<T>> & Partial<Pick<T, NullableKeys<T>>>;

/** Parameters as one may write them; a query of runs has a default for every part. */
export type Params<M extends Method> = M extends 'runs' ? Partial<RunsQuery> : Loose<Methods[M]['params']>;

/** Everything the window may ask of its host. One implementation talks to the desktop shell. */
export interface Backend {
  rpc<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
  series(request: FrameRequest): Promise<Frame>;
  heatmap(request: HeatmapRequest): Promise<Cells>;
  /** Mean curves of runs that differ in nothing but their seeds. */
  arms(request: ArmsRequest): Promise<ArmFrame>;
  /** Calls `listener` on every change; the returned function ends it. */
  watch(listener: (notice: ChangeNotice) => void): Promise<() => void>;
  /** Hands a notification to the desktop; fails where nothing there takes it. */
  notify(notification: { title: string; body: string }): Promise<void>;
  /** Asks for a file, or for a folder that gets several, in the desktop's dialog; null where it was left. Elsewhere than in the
   *  workspace's exports the host writes only what was chosen so. */
  choose(path: string, folder: boolean): Promise<string | null>;
  /** The scale of the whole page: 1 is 100 %. */
  zoom(factor: number): Promise<void>;
}
