// switch: two async functions give way to each other through the microtask queue. node.js 1 MS
'use strict';
let stop = false;

async function other() {
  while (!stop) await null;
}

async function main() {
  const budget = Number(process.argv[3]);
  const task = other();
  let rounds = 0;
  let took;
  const start = performance.now();
  do {
    for (let i = 0; i < 10000; i++) await null;
    rounds += 10000;
    took = performance.now() - start;
  } while (took < budget);
  stop = true;
  await task;
  console.log(`switch ${(took * 1e6 / (2 * rounds)).toPrecision(6)} ns`);
}

main();
