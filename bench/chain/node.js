// chain: each async function gives way, starts and awaits the next, a thousand deep. node.js 1 MS
'use strict';
const DEPTH = 1000;

async function link(left) {
  await null; // without it the whole chain would be one nest of ordinary calls
  if (left > 1) await link(left - 1);
}

async function main() {
  const budget = Number(process.argv[3]);
  let tasks = 0;
  let took;
  const start = performance.now();
  do {
    await link(DEPTH);
    tasks += DEPTH;
    took = performance.now() - start;
  } while (took < budget);
  console.log(`chain ${(took * 1e6 / tasks).toPrecision(6)} ns`);
}

main();
