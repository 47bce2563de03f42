import { suite } from '../support/suite.js';

suite('well', (test) => {
  test('is synchronous', () => {});
  test('is asynchronous', () => new Promise(setImmediate));
});
