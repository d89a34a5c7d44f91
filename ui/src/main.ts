// Entry of the window in the desktop shell: chooses the shell's backend and mounts the frame.
import '$lib/language-tag';
import { provideBackend } from '$lib/backend';
import { tauriBackend } from '$lib/backend/tauri';
import { start } from './start';

provideBackend(tauriBackend);
start();
