// starve: node's net module, and a callback that is stuck. Two workers are two processes of its cluster module, one of
// them with the callback. node.js WORKERS compute|block
'use strict';
const cluster = require('cluster');
const net = require('net');
const [workers, how] = process.argv.slice(2);
const STUCK = 50;

function getStuck() {
  if (how === 'compute') {
    for (const until = performance.now() + STUCK; performance.now() < until;);
  } else {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STUCK);
  }
  setImmediate(getStuck);
}

function serve(report) {
  const server = net.createServer((socket) => {
    socket.on('data', (data) => socket.write(data));
    socket.on('error', () => socket.destroy());
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => report(server.address().port));
}

if (workers === '1') {
  serve((port) => console.log(port));
  setImmediate(getStuck);
} else if (cluster.isPrimary) {
  let listening = 0;
  for (let i = 0; i < Number(workers); i++) cluster.fork({ STUCK: i === 0 ? '1' : '' });
  cluster.on('message', (worker, port) => ++listening === Number(workers) && console.log(port));
} else {
  serve((port) => process.send(port));
  if (process.env.STUCK) setImmediate(getStuck);
}
