// The desktop shell as backend. The only file that imports @tauri-apps/api.
import { Channel, invoke } from '@tauri-apps/api/core';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import type { ChangeNotice } from './generated';
import type { Backend } from './methods';
import { parseArmFrame } from './arm-frame';
import { parseFrame } from './frame';
import { parseHeatmap } from './heatmap';

export const tauriBackend: Backend = {
  rpc: (method, params) => invoke('rpc', { method, params }),
  series: async (request) => parseFrame(await invoke<ArrayBuffer>('series', { request })),
  heatmap: async (heatmap) => parseHeatmap(await invoke<ArrayBuffer>('series', { request: { heatmap } })),
  arms: async (arms) => parseArmFrame(await invoke<ArrayBuffer>('series', { request: { arms } })),
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
  notify: (notification) => invoke('notify', notification),
  choose: (path, folder) => invoke('choose', { path, folder }),
  // Needs the capability core:webview:allow-set-webview-zoom.
  zoom: (factor) => getCurrentWebview().setZoom(factor),
};
