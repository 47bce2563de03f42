import { createServer } from 'node:net';
import { suite } from '../support/suite.js';

suite('open handle', (test) => {
  test('leaves a server listening', () => void createServer().listen(0, '127.0.0.1'));
});
