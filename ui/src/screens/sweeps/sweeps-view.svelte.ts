// What the sweeps screen shows: the files, the open one, and the table of parameters. Files with unsaved edits stay open
// in memory while one looks at others or at another screen; their edits also outlive the page, as drafts.
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { asApiError, backend, type DatasetInfo, type JsonValue, type ParameterInfo, type PresetInfo, type SweepFile, type SweepForm } from '$lib/backend';
import { t } from '$lib/i18n/index.svelte';
import { changes } from '$lib/state/changes.svelte';
import { Resource } from '$lib/state/resource.svelte';
import { address, router } from '$lib/state/router.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { SweepDocument } from './document.svelte';
import { Drafts } from './drafts';
import { baseName, freeName } from './folders';

const open = new SvelteMap<string, SweepDocument>();
let lastFile = '';
let drafts: Drafts | null = null;

async function draftsHere(): Promise<Drafts | null> {
  if (drafts === null && typeof localStorage !== 'undefined') {
    const info = await backend.rpc('app_info', {}).catch(() => null);
    if (info !== null) drafts = new Drafts(localStorage, info.workspace);
  }
  return drafts;
}

/** States of runs move often; the preview asks again at most this often. */
const RECHECK_MS = 5000;

export class SweepsView {
  readonly files = new Resource<SweepFile[]>(() => backend.rpc('sweeps', {}), (notice) => notice.overview || notice.files.length > 0, 1000);
  #current = $state.raw<SweepDocument | null>(null);
  #parameters = $state.raw<ParameterInfo[]>([]);
  #presets = $state.raw<PresetInfo[]>([]);
  #datasets = $state.raw<DatasetInfo[]>([]);
  #deleted = $state.raw<{ file: string; text: string } | null>(null);
  /** Whether drafts can be looked at; moves once. */
  #drafted = $state(false);
  #recheck: ReturnType<typeof setTimeout> | null = null;

  readonly byName = $derived(new Map(this.#parameters.map((one) => [one.name, one])));

  get document(): SweepDocument | null {
    return this.#current;
  }

  get parameters(): ParameterInfo[] {
    return this.#parameters;
  }

  get presets(): PresetInfo[] {
    return this.#presets;
  }

  get datasets(): DatasetInfo[] {
    return this.#datasets;
  }

  /** The file deleted last, while it can be brought back. */
  get deleted(): { file: string; text: string } | null {
    return this.#deleted;
  }

  get names(): string[] {
    return (this.files.value ?? []).map((one) => one.file).filter((file) => file !== '' && file !== this.#deleted?.file);
  }

  unsaved(file: string): boolean {
    return open.get(file)?.dirty ?? (this.#drafted && drafts?.read(file) != null);
  }

  /** The value that every point has where no axis sets another: override, preset, default. */
  baseValue(form: SweepForm, parameter: string): JsonValue {
    const preset = this.#presets.find((one) => one.name === form.preset);
    return form.recipe[parameter] ?? preset?.parameters[parameter] ?? this.byName.get(parameter)?.default ?? null;
  }

  /** Shows the file that the address names. */
  show(file: string): void {
    untrack(() => {
      const before = this.#current;
      if (before !== null && before.file !== file && !before.dirty) {
        before.close();
        open.delete(before.file);
      }
      if (file === '') {
        this.#current = null;
        return;
      }
      lastFile = file;
      let document = open.get(file);
      if (document === undefined) {
        document = new SweepDocument(file);
        open.set(file, document);
        void document.load(draftsHere());
      } else {
        // Its runs may have moved while one looked elsewhere.
        void document.validate();
      }
      this.#current = document;
    });
  }

  /** Without a file in the address: the last one, or the first. No new entry in the history. */
  choose(): void {
    const names = this.names;
    const file = names.includes(lastFile) ? lastFile : names[0];
    if (file !== undefined) location.replace(address('sweeps', file, { ...router.params }));
  }

  go(file: string): void {
    const tab = router.params['tab'];
    router.go('sweeps', file, tab === undefined ? {} : { tab });
  }

  async create(file: string, preset: string, name: string): Promise<boolean> {
    const made = await toasts.attempt(() => backend.rpc('sweep_create', { file, preset, name }));
    return this.#made(made?.file);
  }

  /** Writes a text as a new file under a name that is free. */
  async add(file: string, text: string): Promise<boolean> {
    const made = await toasts.attempt(() => backend.rpc('sweep_write', { file: freeName(file, this.names), text, base_hash: null }));
    return this.#made(made?.file);
  }

  async duplicate(document: SweepDocument): Promise<boolean> {
    const to = freeName(document.file.replace(/\.toml$/, '-copy.toml'), this.names);
    if (document.dirty) return this.add(to, document.text);
    const made = await toasts.attempt(() => backend.rpc('sweep_duplicate', { file: document.file, to }));
    return this.#made(made?.file);
  }

  async rename(document: SweepDocument, to: string): Promise<boolean> {
    if (!(await document.save())) return false;
    const renamed = await toasts.attempt(() => backend.rpc('sweep_rename', { file: document.file, to }).then(() => true));
    if (renamed === null) return false;
    open.delete(document.file);
    drafts?.drop(document.file);
    return this.#made(to);
  }

  async remove(document: SweepDocument): Promise<void> {
    const { file, text } = document;
    const removed = await toasts.attempt(() => backend.rpc('sweep_delete', { file }).then(() => true));
    if (removed === null) return;
    document.close();
    open.delete(file);
    drafts?.drop(file);
    this.#current = null;
    this.#deleted = { file, text };
    const names = this.names;
    const next = names[names.indexOf(file) + 1] ?? names[names.indexOf(file) - 1] ?? '';
    this.files.refresh();
    router.go('sweeps', next);
  }

  async restore(): Promise<void> {
    const deleted = this.#deleted;
    if (deleted !== null && (await this.add(deleted.file, deleted.text))) this.#deleted = null;
  }

  forgetDeleted(): void {
    this.#deleted = null;
  }

  #made(file: string | undefined): boolean {
    if (file === undefined) return false;
    this.files.refresh();
    this.go(file);
    return true;
  }

  /** Takes TOML files that were dropped or chosen. */
  async take(files: FileList | File[]): Promise<void> {
    for (const file of [...files]) {
      if (file.name.endsWith('.toml')) await this.add(`${baseName(file.name)}.toml`, await file.text());
      else toasts.fail(asApiError({ code: 'invalid_input', message: t('sweeps.not_toml', { file: file.name }) }));
    }
  }

  async load(): Promise<void> {
    await toasts.attempt(async () => {
      const [parameters, presets] = await Promise.all([backend.rpc('parameters', {}), backend.rpc('presets', {})]);
      // A sweep pre-trains: what only probes take is not offered.
      [this.#parameters, this.#presets] = [parameters.filter((one) => one.group !== 'probe'), presets];
    });
    // Names to choose from; a list that cannot be read leaves a field to type in.
    this.#datasets = await backend.rpc('datasets', {}).catch(() => []);
  }

  listen(): () => void {
    void this.load();
    void draftsHere().then((found) => (this.#drafted = found !== null));
    const undo = [
      this.files.listen(),
      changes.subscribe((notice) => {
        for (const file of notice.files) void open.get(file)?.lookAtDisk();
        if (!notice.overview || this.#recheck !== null) return;
        this.#recheck = setTimeout(() => {
          this.#recheck = null;
          void this.#current?.validate();
        }, RECHECK_MS);
      }),
    ];
    return () => {
      undo.forEach((end) => end());
      if (this.#recheck !== null) clearTimeout(this.#recheck);
    };
  }
}
