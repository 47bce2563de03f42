import { suite } from '../support/suite.js';

suite('hanging clean-up', (test) => {
  test('leaves', ({ after }) => after(() => new Promise(() => {})), 50);
});
