// node: its main thread computes and waits for a timer in turn.
// usage: mix.js TRUTH.JSON SECONDS COMPUTE_MS SLEEP_MS
const fs = require('fs');
const [path, seconds, compute, sleep] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const now = () => Number(process.hrtime.bigint()) * 1e-9;
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) * 1e-6; };
// Of the main thread alone, whose number is the process's: the engine's own threads compile and collect beside it.
const main = () => Number(fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) * 1e-9;
// From its very start, which the kernel knows: uptime() begins when the engine does.
const life = () => {
  const started = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19] / 100;
  return fs.readFileSync('/proc/uptime', 'utf8').split(' ')[0] - started;
};
const end = now() + seconds;
let x = 1;
function round() {
  if (now() >= end) {
    fs.writeFileSync(path, JSON.stringify({ main: true, life: life(), seconds: { compute: main() } }));
    process.exit(0);
  }
  const until = cpu() + compute * 1e-3;
  while (compute && cpu() < until) for (let i = 0; i < 20000; i++) x = (x * 1664525 + 1013904223) >>> 0;
  setTimeout(round, sleep);
}
round();
