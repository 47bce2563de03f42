import { suite } from '../support/suite.js';

suite('thrown', (test) => {
  test('throws a string', () => Promise.reject('only a string'));
});
