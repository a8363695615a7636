// million: that many async functions asleep at once, all until the same instant. node.js 1 TASKS SECONDS
'use strict';
let asleep = 0;

async function sleeper(wake) {
  asleep++;
  await new Promise((resolve) => setTimeout(resolve, wake - performance.now()));
}

async function main() {
  const count = Number(process.argv[3]);
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const wake = start + Number(process.argv[4]) * 1000;
  const tasks = new Array(count);
  for (let i = 0; i < count; i++) tasks[i] = sleeper(wake);
  if (asleep !== count || performance.now() > wake) throw new Error('late: more seconds are needed');
  console.log(`million_spawn ${(performance.now() - start) / 1000} s`);
  console.log(`million_bytes ${(process.memoryUsage.rss() - before) / count} B`);
  await Promise.all(tasks);
  console.log(`million_wake ${(performance.now() - wake) / 1000} s`);
}

main();
