// What the settings' forms take, and what they say is wrong before the host does.
import { describe, expect, it } from 'vitest';
import type { DeviceStatus } from '../src/lib/backend';
import { faultOf, rowOf, toStore } from '../src/screens/settings/slots';
import { bytesOf, gibOf } from '../src/screens/settings/sizes';
import { isTime, linesOf, noOption } from '../src/screens/settings/slurm';

const GIB = 2 ** 30;
const cpu = { device: 'cpu', slots: 2, memory_total_bytes: 16 * GIB } as DeviceStatus;
const cuda = { device: 'cuda:0', slots: 1, memory_total_bytes: 80 * GIB } as DeviceStatus;
const none = { slots: {}, memory_bytes: {} };

describe('slots and memory', () => {
  it('show what is typed, else stored, else used', () => {
    expect(rowOf(cpu, { slots: { cpu: 3 }, memory_bytes: {} }, {})).toEqual({ slots: '3', memory: '' });
    expect(rowOf(cuda, { slots: {}, memory_bytes: { 'cuda:0': 40 * GIB } }, { 'cuda:0': { slots: '4' } })).toEqual({ slots: '4', memory: '40' });
    expect(rowOf(cpu, none, {})).toEqual({ slots: '2', memory: '' });
  });

  it('keep those of devices that are away and of rows left alone', () => {
    const stored = { slots: { 'cuda:9': 2 }, memory_bytes: { 'cuda:9': GIB, cpu: 8 * GIB } };
    expect(toStore([cpu, cuda], stored, { 'cuda:0': { slots: '3' } })).toEqual({ slots: { 'cuda:9': 2, 'cuda:0': 3 }, memory_bytes: stored.memory_bytes });
    expect(toStore([cpu], stored, { cpu: { memory: '' } })).toEqual({ slots: { 'cuda:9': 2, cpu: 2 }, memory_bytes: { 'cuda:9': GIB } });
  });

  it.each([['0', '', 'slots'], ['65', '', 'slots'], ['1.5', '', 'slots'], ['', '', 'slots'], ['64', '', null], ['1', '17', 'memory'], ['1', '0', 'memory'], ['1', 'half', 'memory'], ['1', '16', null]] as const)(
    'slots %s with memory %s: %s', (slots, memory, fault) => expect(faultOf(cpu, { slots, memory }, none)).toBe(fault),
  );
});

describe('sizes', () => {
  it.each([['2', 2 * GIB], ['0.5', GIB / 2], ['.5', GIB / 2], ['0', 0], ['', null], ['-1', null], ['1e3', null], ['12 GB', null], ['9'.repeat(20), null]])('%s GiB', (text, bytes) => expect(bytesOf(text)).toBe(bytes));
  it('do not change by being shown', () => {
    for (const bytes of [0, 1, 1_073_741_825, 3_333_333_333]) expect(bytesOf(gibOf(bytes), bytes)).toBe(bytes);
  });
});

describe('a cluster', () => {
  it.each(['', '90', '90:30', '12:00:00', '100:00:00', '2-00', '2-12:30', '2-12:30:59', 'unlimited', 'INFINITE'])('%s is a time limit', (text) => expect(isTime(text)).toBe(true));
  it.each(['0', '0:00:00', '12h', '1:2:3:4', '-1', '2-', '-', ':', '1:', '12:61:00', '12:00:60', '1 00', '２'])('%s is none', (text) => expect(isTime(text)).toBe(false));
  it('options stand on lines and begin with a dash', () => {
    expect(linesOf(' --mem=8G\n\n#SBATCH -c 4 ')).toEqual(['--mem=8G', '#SBATCH -c 4']);
    expect(noOption('--mem=8G\n#SBATCH -c 4')).toBeNull();
    expect(noOption('--mem=8G\nmem=8G')).toBe('mem=8G');
  });
});
