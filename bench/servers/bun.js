/** The conversation on Bun's own server, with the same checks. Run by `bun`, so plain JavaScript. */
const [rounds, bytes] = process.argv.slice(2).map(Number);
const constant = bytes > 0 ? Buffer.alloc(bytes, 'x') : undefined;

function next(ws) {
  const session = ws.data;
  if (session.round === rounds) {
    session.isClosing = true;
    ws.close(1000);
    return;
  }
  session.expected = constant ?? `Hello ${session.round}`;
  ws.send(session.expected);
  session.deadline.refresh();
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request, self) => {
    const data = { round: 0, mismatches: 0, isClosing: false, expected: '', deadline: undefined };
    return self.upgrade(request, { data }) ? undefined : new Response('', { status: 426 });
  },
  websocket: {
    maxPayloadLength: 64 * 1024 * 1024,
    perMessageDeflate: false,
    open: (ws) => {
      ws.data.deadline = setTimeout(() => ws.close(1008), 300_000);
      next(ws);
    },
    message: (ws, data) => {
      const session = ws.data;
      if (session.isClosing) return;
      const isEcho = typeof data === 'string' ? data === session.expected : data.equals(constant);
      if (!isEcho) session.mismatches++;
      session.round++;
      next(ws);
    },
    close: (ws) => clearTimeout(ws.data.deadline),
  },
});

process.stdin.on('data', () => {
  Bun.gc(true);
  process.stdout.write('collected\n');
});
process.stdin.on('end', () => process.exit(0));
process.stderr.write(`Listening on ws://127.0.0.1:${server.port}/\n`);
