// The desktop shell as backend. The only file that imports @tauri-apps/api.
import { Channel, invoke } from '@tauri-apps/api/core';
import type { ChangeNotice } from './generated';
import type { Backend } from './methods';
import { parseFrame } from './frame';

export const tauriBackend: Backend = {
  rpc: (method, params) => invoke('rpc', { method, params }),
  series: async (request) => parseFrame(await invoke<ArrayBuffer>('series', { request })),
  watch: async (listener) => {
    let listening = true;
    const channel = new Channel<ChangeNotice>();
    channel.onmessage = (notice) => {
      if (listening) listener(notice);
    };
    await invoke('watch', { channel });
    return () => {
      listening = false;
    };
  },
};
