// Mounts the frame. A backend must have been provided before.
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';

export function start(): void {
  const target = document.getElementById('app');
  if (target === null) throw new Error('the page has no #app element');
  mount(App, { target });
}
