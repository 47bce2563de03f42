/** The CPU time and the memory of a process: Linux's own accounting, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The CPU time of all threads of a process, user and system, in µs. */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(tasks).map((task) => {
    return Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1_000;
}

/** The resident memory of a process, in bytes. */
export function memoryOf(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) * 1_024;
}
