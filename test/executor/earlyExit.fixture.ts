import { suite } from '../support/suite.js';

suite('early exit', (test) => {
  test('exits', () => process.exit(0));
});
