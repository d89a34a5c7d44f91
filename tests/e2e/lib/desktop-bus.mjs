// A session bus of our own, on which a test hears what the window hands to the desktop. Nobody answers there: a notification
// that is heard was sent, although no desktop shows it.
import { start, until } from './programs.mjs';

/** `address` for DBUS_SESSION_BUS_ADDRESS, and `heard()`: every call of Notify so far, as dbus-monitor prints it. */
export async function desktopBus() {
  const bus = start('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address']);
  let said = '';
  bus.child.stdout.on('data', (bytes) => { said += bytes; });
  const address = await until('a session bus', () => said.split('\n')[0]?.trim() || null);
  const monitor = start('dbus-monitor', ['--address', address, "interface='org.freedesktop.Notifications',member='Notify'"]);
  let heard = '';
  monitor.child.stdout.on('data', (bytes) => { heard += bytes; });
  await until('the monitor to listen', () => heard.includes('NameAcquired') || heard.includes('signal') || null);
  return {
    address,
    heard: () => heard.split(/^method call/m).slice(1),
    async end() {
      await monitor.end();
      await bus.end();
    },
  };
}
