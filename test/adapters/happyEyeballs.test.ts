/** Several addresses, tried as RFC 8305 has it; the network and the time are made up. */
import { EventEmitter } from 'node:events';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import * as assert from 'uvu/assert';
import { SimulatedClock } from 'xstate';
import { Attempts } from '../../adapters/happyEyeballs.js';
import { suite } from '../support/suite.js';

/** A socket that connects or fails when the test says so. */
class FakeSocket extends EventEmitter {
  isDestroyed = false;

  destroy(): this {
    this.isDestroyed = true;
    return this;
  }

  fail(code: string): void {
    this.emit('error', Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' }));
  }
}

/** Attempts at a host with these addresses, all that is told of them, and what came of it. */
function attemptsAt(...addresses: string[]) {
  const clock = new SimulatedClock();
  const sockets = new Map<string, FakeSocket>();
  const told: string[] = [];
  const outcomes: unknown[] = [];
  const options = {
    host: 'both.example',
    port: 80,
    lookup: (_: string, __: unknown, done: (error: null, found: object[]) => void) => {
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
  } as unknown as TcpNetConnectOpts;
  const attempts = new Attempts(
    options,
    (peer) => told.push(peer),
    (error, socket) => outcomes.push(error ?? socket),
    {
      connect: ({ host }) => {
        const socket = new FakeSocket();
        sockets.set(host ?? '', socket);
        return socket as unknown as Socket;
      },
      setTimeout: (call, ms) => clock.setTimeout(call, ms),
      clearTimeout: (timer) => clock.clearTimeout(timer as number),
    },
  );
  attempts.start();
  const socket = (address: string): FakeSocket => {
    const found = sockets.get(address);
    if (found === undefined) throw new Error(`${address} was not tried`);
    return found;
  };
  return { attempts, clock, sockets, socket, told, outcomes };
}

suite('attempts to connect', (test) => {
  test('go on beside the next, and the first to connect wins, however late', () => {
    const { clock, socket, told, outcomes } = attemptsAt('::1', '127.0.0.1');
    clock.increment(250);
    socket('127.0.0.1').fail('ECONNREFUSED');
    clock.increment(750);
    socket('::1').emit('connect');
    assert.equal(outcomes, [socket('::1')]);
    assert.equal(told, [
      '[::1]:80',
      '[::1]:80, 127.0.0.1:80',
      '[::1]:80, 127.0.0.1:80 (ECONNREFUSED)',
    ]);
  });

  test('begin one after the other, 250 ms apart', () => {
    const { clock, sockets } = attemptsAt('::1', '127.0.0.1');
    clock.increment(249);
    assert.equal([...sockets.keys()], ['::1']);
    clock.increment(1);
    assert.equal([...sockets.keys()], ['::1', '127.0.0.1']);
  });

  test('begin at once where the one before failed', () => {
    const { socket, sockets } = attemptsAt('::1', '127.0.0.1');
    socket('::1').fail('ENETUNREACH');
    assert.equal([...sockets.keys()], ['::1', '127.0.0.1']);
  });

  test('take the families by turns', () => {
    const { clock, sockets } = attemptsAt('::1', '::2', '::3', '127.0.0.1', '127.0.0.2');
    for (let n = 0; n < 4; n++) clock.increment(250);
    assert.equal([...sockets.keys()], ['::1', '127.0.0.1', '::2', '127.0.0.2', '::3']);
  });

  test('drop the others when one connects', () => {
    const { clock, socket, outcomes } = attemptsAt('::1', '127.0.0.1');
    clock.increment(250);
    socket('127.0.0.1').emit('connect');
    assert.ok(socket('::1').isDestroyed);
    socket('::1').fail('ECONNRESET');
    socket('::1').emit('connect');
    assert.equal(outcomes, [socket('127.0.0.1')]);
  });

  test('fail with all their reasons once the last has failed', () => {
    const { socket, outcomes } = attemptsAt('::1', '127.0.0.1');
    socket('::1').fail('ENETUNREACH');
    assert.equal(outcomes, []);
    socket('127.0.0.1').fail('ECONNREFUSED');
    const [error] = outcomes as AggregateError[];
    assert.equal(
      error?.errors.map(({ message }) => message),
      ['connect ENETUNREACH', 'connect ECONNREFUSED'],
    );
  });

  test('have the code that all their reasons have', () => {
    const { socket, outcomes } = attemptsAt('::1', '127.0.0.1');
    socket('::1').fail('ECONNREFUSED');
    socket('127.0.0.1').fail('ECONNREFUSED');
    assert.is((outcomes[0] as { code?: string }).code, 'ECONNREFUSED');
  });

  test('fail with the one reason of a single address', () => {
    const { socket, outcomes } = attemptsAt('127.0.0.1');
    socket('127.0.0.1').fail('ECONNREFUSED');
    assert.is((outcomes[0] as Error).message, 'connect ECONNREFUSED');
  });

  test('have the words of a reason without a code', () => {
    const { socket, told } = attemptsAt('::1', '127.0.0.1');
    socket('::1').emit('error', new Error('odd'));
    assert.equal(told, ['[::1]:80', '[::1]:80 (odd), 127.0.0.1:80']);
  });

  test('look a host up as they are told, and drop an answer that comes too late', () => {
    const asked: object[] = [];
    let answer = (): void => {};
    const options = {
      host: 'late.example',
      port: 80,
      family: 4,
      hints: 1_024,
      lookup: (_: string, wanted: object, done: (error: null, found: object[]) => void) => {
        asked.push(wanted);
        answer = () => done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    } as unknown as TcpNetConnectOpts;
    const told: string[] = [];
    const attempts = new Attempts(
      options,
      (peer) => told.push(peer),
      () => assert.unreachable(),
    );
    attempts.start();
    attempts.stop();
    answer();
    attempts.start();
    assert.equal([asked, told], [[{ all: true, family: 4, hints: 1_024 }], []]);
  });

  test('fail where the host has no address', () => {
    const { outcomes } = attemptsAt();
    assert.is((outcomes[0] as Error).message, 'no address of both.example was found');
  });

  test('end without a word when they are stopped', () => {
    const { attempts, clock, sockets, socket, outcomes } = attemptsAt('::1', '127.0.0.1');
    attempts.stop();
    clock.increment(1_000);
    assert.equal([...sockets.keys()], ['::1']);
    assert.ok(socket('::1').isDestroyed);
    assert.equal(outcomes, []);
  });
});
