// The keys of a screen with a step axis.
import type { Binding } from '../state/keys.svelte';
import type { StepAxis } from './step-axis.svelte';

export function axisBindings(axis: StepAxis): Binding[] {
  return [
    { code: 'ArrowLeft', shown: '←', label: 'keys.cross_left', run: () => axis.movePoint(-1) },
    { code: 'ArrowRight', shown: '→', label: 'keys.cross_right', run: () => axis.movePoint(1) },
    { code: 'Shift+ArrowLeft', shown: 'Shift ←', label: 'keys.cross_left_10', run: () => axis.movePoint(-10) },
    { code: 'Shift+ArrowRight', shown: 'Shift →', label: 'keys.cross_right_10', run: () => axis.movePoint(10) },
    { code: 'Equal', shown: '+', label: 'keys.axis_in', run: () => axis.zoom(0.7, axis.cross ?? undefined) },
    { code: 'Shift+Equal', shown: '+', label: 'keys.axis_in', run: () => axis.zoom(0.7, axis.cross ?? undefined) },
    { code: 'Minus', shown: '−', label: 'keys.axis_out', run: () => axis.zoom(1 / 0.7, axis.cross ?? undefined) },
    { code: 'Shift+ArrowUp', shown: 'Shift ↑', label: 'keys.y_in', run: () => axis.y.zoom(0.7) },
    { code: 'Shift+ArrowDown', shown: 'Shift ↓', label: 'keys.y_out', run: () => axis.y.zoom(1 / 0.7) },
    { code: 'Digit0', shown: '0', label: 'keys.fit', run: () => axis.fitAll() },
    { code: 'Backspace', shown: '⌫', label: 'keys.zoom_back', run: () => axis.goBack() },
    { code: 'KeyX', shown: 'X', label: 'keys.x_axis', run: () => axis.setXKind(axis.kinds[(axis.kinds.indexOf(axis.xKind) + 1) % axis.kinds.length] ?? 'step') },
    { code: 'KeyF', shown: 'F', label: 'keys.follow', run: () => axis.toggleFollow() },
    { code: 'KeyY', shown: 'Y', label: 'keys.log_y', run: () => axis.toggleLogY() },
    { code: 'KeyS', shown: 'S', label: 'keys.smoothing', run: () => axis.toggleSmoothing() },
  ];
}
