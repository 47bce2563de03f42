/** Starts the page. */
import { render } from 'preact';
import { App } from './App.js';
import { startSource } from './source.js';

startSource();
render(<App />, document.body);
