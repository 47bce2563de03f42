import { suite } from '../support/suite.js';

suite('twins', (test) => {
  test('same', () => {});
  test('same', () => {});
});
