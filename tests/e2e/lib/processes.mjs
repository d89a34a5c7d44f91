// What processes take of the machine, from /proc: a tree of them, and its memory with shared pages counted once.
import { readFile, readdir } from 'node:fs/promises';

/** Every process below one, itself included. */
async function tree(root) {
  const parents = new Map();
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // The name may hold spaces and brackets; the parent is the second field behind it.
    if (status !== null) parents.set(Number(pid), Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const found = [root];
  for (const pid of found) found.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return found;
}

/** The whole share of a process, and what of it lies in no file: code of libraries is shared with whatever else uses them. */
export const [WHOLE, OWN] = [['Pss'], ['Pss_Anon', 'Pss_Shmem']];

/** PSS in bytes of a process and what it started, by the name of the process. */
export async function memory(root, kinds = WHOLE) {
  const parts = {};
  for (const pid of await tree(root)) {
    const [name, rollup] = await Promise.all(['comm', 'smaps_rollup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
    const kilobytes = kinds.reduce((sum, kind) => sum + Number(new RegExp(`^${kind}: +([0-9]+) kB`, 'm').exec(rollup)?.[1] ?? 0), 0);
    parts[name.trim()] = (parts[name.trim()] ?? 0) + kilobytes * 1024;
  }
  return parts;
}

export const total = (parts) => Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);

/** Seconds of processor that a process and what it started have taken, by the name of the process. */
export async function cpuSeconds(root) {
  const parts = {};
  for (const pid of await tree(root)) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (status === null) continue;
    const name = status.slice(status.indexOf('(') + 1, status.lastIndexOf(')'));
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    // User and system time, in hundredths.
    parts[name] = (parts[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) / 100;
  }
  return parts;
}
