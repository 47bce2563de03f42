import { suite } from '../support/suite.js';

suite('floating', (test) => {
  test('starts what fails later', () => void Promise.reject(new Error('nobody handles this')));
  test('goes on', () => new Promise(setImmediate));
});
