import { suite } from '../support/suite.js';

suite('empty', () => {});
