// The base of CPU time: a timer at each refresh of a 60 Hz display, and nothing done. `timer-loop.js TICKS` says `ready` and
// stays until its input ends.
const REFRESH = 1_000_000_000 / 60;
const ticks = Number(process.argv[2]);
const start = Number(process.hrtime.bigint());
let tick = 0;

function next(): void {
  if (++tick > ticks) {
    console.log('done');
    process.stdin.resume();
    return;
  }
  setTimeout(next, (start + tick * REFRESH - Number(process.hrtime.bigint())) / 1e6);
}

console.log('ready');
next();
