// spawn: start and await a thousand async functions that give way once, again and again. node.js 1 MS
'use strict';
const BATCH = 1000;

async function nothing() {
  await null; // without it the function would be an ordinary call
}

async function main() {
  const budget = Number(process.argv[3]);
  let tasks = 0;
  let took;
  const start = performance.now();
  do {
    await Promise.all(Array.from({ length: BATCH }, nothing));
    tasks += BATCH;
    took = performance.now() - start;
  } while (took < budget);
  console.log(`spawn ${(took * 1e6 / tasks).toPrecision(6)} ns`);
}

main();
