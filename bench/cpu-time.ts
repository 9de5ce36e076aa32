import { readdirSync, readFileSync } from 'node:fs';

/** CPU time that the threads of a process have had so far, in nanoseconds (first field of proc's schedstat). */
export function cpuTime(pid: number): number {
  const threads = `/proc/${pid}/task`;
  let sum = 0;
  for (const thread of readdirSync(threads))
    sum += Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return sum;
}
