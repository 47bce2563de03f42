import { suite } from '../support/suite.js';

suite('hanging', (test) => {
  test('hangs', () => new Promise(() => {}), 50);
});
