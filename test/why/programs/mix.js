// node: its main thread computes and waits for a timer in turn.
// usage: mix.js TRUTH.JSON SECONDS COMPUTE_MS SLEEP_MS
const fs = require('fs');
const [path, seconds, compute, sleep] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const now = () => Number(process.hrtime.bigint()) * 1e-9;
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) * 1e-6; };
const end = now() + seconds;
let x = 1;
function round() {
  if (now() >= end) {
    const all = cpu();
    // Of the main thread: what it did not compute it slept. The engine's own threads are idle.
    fs.writeFileSync(path, JSON.stringify({ main: true, life: now() - began, seconds: { compute: all } }));
    process.exit(0);
  }
  const until = cpu() + compute * 1e-3;
  while (compute && cpu() < until) for (let i = 0; i < 20000; i++) x = (x * 1664525 + 1013904223) >>> 0;
  setTimeout(round, sleep);
}
const began = now();
round();
