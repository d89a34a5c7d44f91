// The files of the experiments folder as a tree, and names for new files. Pure.
import type { SweepFile } from '$lib/backend';

export type Folder = { path: string; name: string; files: SweepFile[] };

/** Files by folder, the root first; stored sweeps without a file come apart. */
export function byFolder(files: readonly SweepFile[]): { folders: Folder[]; stored: SweepFile[] } {
  const folders = new Map<string, SweepFile[]>();
  for (const file of files.filter((one) => one.file !== '')) {
    const path = folderOf(file.file);
    folders.set(path, [...(folders.get(path) ?? []), file]);
  }
  const made = [...folders].sort(([a], [b]) => a.localeCompare(b)).map(([path, inside]) => ({
    path, name: path, files: inside.sort((a, b) => a.file.localeCompare(b.file)),
  }));
  return { folders: made, stored: files.filter((one) => one.file === '') };
}

export function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
}

/** `stability/patch-grid.toml` → `patch-grid`. */
export function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.toml$/, '');
}

/** A file name from a sweep's name: lower case, dashes, letters of any script. */
export function fileNameOf(name: string, folder = ''): string {
  const stem = name.toLowerCase().normalize('NFC').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60);
  return `${folder === '' ? '' : `${folder}/`}${stem === '' ? 'sweep' : stem}.toml`;
}

/** The name, or the name with a number, that no file has yet. */
export function freeName(file: string, taken: readonly string[]): string {
  const stem = file.replace(/\.toml$/, '');
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? `${stem}.toml` : `${stem}-${n}.toml`;
    if (!taken.includes(name)) return name;
  }
}

/** What is wrong with a file's name, or null. */
export function nameProblem(file: string, taken: readonly string[]): 'empty' | 'ending' | 'place' | 'taken' | null {
  if (file.trim() === '') return 'empty';
  if (!file.endsWith('.toml') || baseName(file) === '') return 'ending';
  if (file.startsWith('/') || file.includes('\\') || file.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'place';
  return taken.includes(file) ? 'taken' : null;
}
