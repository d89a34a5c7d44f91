// Every method of the shell's `rpc` door with its parameters and its answer. Only types: nothing runs here.
import type {
  AppInfo, ChangeNotice, Comparison, DatasetInfo, DoctorLine, FrameRequest, LogLine, Overview, ParameterInfo, PresetInfo,
  RunDetail, RunsPage, RunsQuery, Settings, SupervisorStatus, SweepCheck, SweepEdit, SweepFile, SweepStarted, SweepText,
} from './generated';
import type { Frame } from './frame';

/** What became of an action on several runs. */
export type ActionResult = { done: string[]; problems: { id: string; message: string }[] };

type Ids = { ids: string[] };
type Nothing = Record<string, never>;

export type Methods = {
  app_info: { params: Nothing; result: AppInfo };
  overview: { params: Nothing; result: Overview };
  runs: { params: Partial<RunsQuery>; result: RunsPage };
  run: { params: { id: string }; result: RunDetail };
  run_log: { params: { id: string; lines?: number }; result: LogLine[] };
  run_pause: { params: Ids; result: ActionResult };
  run_resume: { params: Ids; result: ActionResult };
  run_cancel: { params: Ids; result: ActionResult };
  run_retry: { params: Ids; result: ActionResult };
  run_checkpoint: { params: Ids; result: ActionResult };
  run_remove: { params: Ids; result: ActionResult };
  run_tag: { params: Ids & { add: string[]; remove: string[] }; result: unknown };
  run_note: { params: { id: string; note: string }; result: unknown };
  queue_pause: { params: Nothing; result: unknown };
  queue_resume: { params: Nothing; result: unknown };
  queue_move: { params: { id: string; position: number }; result: unknown };
  sweeps: { params: Nothing; result: SweepFile[] };
  sweep_read: { params: { file: string }; result: SweepText };
  sweep_write: { params: { file: string; text: string; base_hash: string | null }; result: SweepText };
  sweep_create: { params: { file: string; preset: string; name: string }; result: SweepText };
  sweep_delete: { params: { file: string }; result: unknown };
  sweep_rename: { params: { file: string; to: string }; result: unknown };
  sweep_duplicate: { params: { file: string; to: string }; result: SweepText };
  sweep_check: { params: { text: string }; result: SweepCheck };
  sweep_edit: { params: { text: string; edits: SweepEdit[] }; result: { text: string; check: SweepCheck } };
  sweep_start: { params: { file: string }; result: SweepStarted };
  parameters: { params: Nothing; result: ParameterInfo[] };
  presets: { params: Nothing; result: PresetInfo[] };
  compare: { params: Ids; result: Comparison };
  export: { params: Ids & { format: string; path: string }; result: { paths: string[] } };
  datasets: { params: Nothing; result: DatasetInfo[] };
  dataset_add: { params: { name: string; path: string }; result: DatasetInfo };
  dataset_remove: { params: { name: string }; result: unknown };
  settings: { params: Nothing; result: Settings };
  settings_set: { params: Settings; result: Settings };
  doctor: { params: Nothing; result: DoctorLine[] };
  supervisor_start: { params: Nothing; result: SupervisorStatus };
};

export type Method = keyof Methods;
export type Params<M extends Method> = Methods[M]['params'];
export type Result<M extends Method> = Methods[M]['result'];

/** Everything the window may ask of its host. One implementation talks to the desktop shell. */
export interface Backend {
  rpc<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
  series(request: FrameRequest): Promise<Frame>;
  /** Calls `listener` on every change; the returned function ends it. */
  watch(listener: (notice: ChangeNotice) => void): Promise<() => void>;
}
