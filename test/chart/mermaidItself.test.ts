/** Mermaid's own parser reads what we write, whatever the names in a machine are. */
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type AnyStateMachine, createMachine } from 'xstate';
import { mermaidOf } from '../../chart/mermaid.js';
import { type ChartState, chartOf } from '../../chart/model.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { player } from '../support/machines.js';
import { type ReadDiagram, readByMermaid, wordsOfMermaid } from '../support/mermaid.js';
import { suite } from '../support/suite.js';

/** Texts that mean something to Mermaid, to Markdown, to HTML or to JavaScript. */
const ODD = [
  ...[
    '',
    '  ',
    ' x ',
    '1',
    'constructor',
    'toString',
    'root',
    'root_start',
    'inner_end',
    'a_start',
  ],
  ...['redirection', 'lru', 'LR', 'TBD', 'RLE', 'direction LR', 'my Direction  tb', 'end note'],
  ...['note right of x', 'hide empty description', 'class x y', 'scale 5 width', 'state "x" as y'],
  ...[
    '[*]',
    '<<fork>>',
    '[[fork]]',
    '[[choice]]',
    '--',
    '-->',
    ':::',
    ':',
    ';',
    '---',
    '#',
    '#58;',
  ],
  ...['%%', '%%{init: {}}%%', '%%{init: {"theme":"dark"}}%%', 'a%%b', '{', '}', '"', "'", '`x`'],
  ...[
    '\n',
    'a\nb',
    '\r\n',
    '\t',
    '\0',
    '\x1b[2J',
    '\u2028',
    '\ud800',
    '\u202e',
    '\\n',
    '\\',
    '$$x$$',
  ],
  ...['**x**', '_x_', '~~x~~', '<b>x</b>', '<br/>', '&lt;', '&', 'a="b"', '@{ shape: x }', '|'],
  ...['état', '日本', 'a b', 'a-b', 'a.b', 'snake_case', 'x'.repeat(500), 'style a:b#c;'],
];

/** A machine with a text in every place: for each a region with a state of that name, and all it does. */
function machineOf(texts: readonly string[]): AnyStateMachine {
  const regions = texts.map((text, n) => {
    const event = text === '' ? 'empty' : text;
    const inner = {
      id: `inner${n}`,
      description: text,
      tags: [text],
      entry: text,
      on: { [event]: { target: `#last${n}`, guard: text, actions: text, description: text } },
      after: { [`in ${text}`]: `#inner${n}` },
    };
    const last = { id: `last${n}`, invoke: { src: text, onDone: `#inner${n}` } };
    const states = { [text]: inner, [`${text}\u00bb`]: last, over: { type: 'final' } };
    // XState takes a region without a name for its initial state for one without any.
    return [`${n}`, { id: `${n}`, initial: text || `${text}\u00bb`, states }];
  });
  return createMachine({
    id: 'm',
    type: 'parallel',
    states: Object.fromEntries(regions),
  } as object);
}

/** What Mermaid should find in that machine. */
function wantedOf(texts: readonly string[]): ReadDiagram {
  const parts = texts.map((text, n) => {
    const [first, last] = [titleOf(text), titleOf(`${text}\u00bb`)];
    const event = text === '' ? 'empty' : text;
    return {
      states: [`m > ${n}`, `${n} > ${first}`, `${n} > ${last}`, `${n} > over`],
      arrows: [
        `[*] -> ${text === '' ? last : first}: `,
        `${first} -> ${last}: ${visible(`${event} [${text}]`)}`,
        `${first} -> ${first}: ${visible(`after in ${text}`)}`,
        `${last} -> ${first}: ${visible(`done ${text}`)}`,
        'over -> [*]: ',
      ],
    };
  });
  return {
    states: ['m', ...parts.flatMap(({ states }) => states)].sort(),
    arrows: parts.flatMap(({ arrows }) => arrows).sort(),
    notes: [],
  };
}

function titleOf(key: string): string {
  return visible(key.trim() === '' ? `"${key}"` : key);
}

/** HTML has no way to write these. */
function visible(text: string): string {
  return text.replace(/[\p{Cs}\p{Cc}]/gu, (one) => (/[\t\n\r]/.test(one) ? one : '\ufffd'));
}

/** The labels of the states below a frame that is not drawn: `outer > inner`, sorted. */
function labelsIn(root: ChartState): string[] {
  const visit = ({ key, children }: ChartState): string[] =>
    children.flatMap((child) => [`${key} > ${child.key}`, ...visit(child)]);
  return root.children.flatMap((child) => [child.key, ...visit(child)]).sort();
}

const read = (machine: AnyStateMachine): Promise<ReadDiagram> =>
  readByMermaid(mermaidOf(chartOf(machine)));

suite('Mermaid itself', (test) => {
  test('reads the states and transitions of a machine with every feature', async () => {
    assert.equal(await read(player), {
      states: [
        'deck > over',
        'deck > paused',
        'deck > playing',
        'ended > H',
        'ended > fresh',
        'ended > stale',
        'on > H*',
        'on > deck',
        'on > volume',
        'player',
        'player > ended',
        'player > loading',
        'player > off',
        'player > on',
        'volume > loud',
        'volume > quiet',
      ],
      arrows: [
        'H -> stale: ',
        '[*] -> fresh: ',
        '[*] -> loud: ',
        '[*] -> off: ',
        '[*] -> paused: ',
        'deck -> deck: done',
        'ended -> playing: again',
        'ended -> quiet: again',
        'fresh -> H: forget',
        'loading -> loading: after 250 ms',
        'loading -> off: error load<br/>after patience',
        'loading -> on: done load',
        'loud -> quiet: say "<hush>" & wait',
        'off -> H*: power.on.last',
        'off -> loading: power.on',
        'on -> ended: done',
        'over -> [*]: ',
        'paused -> playing: play [isLoaded]',
        'playing -> over: [isFast(than: 9)]<br/>end [isLoaded and not isMuted]',
        'playing -> paused: pause<br/>end [in on.volume.loud or isMuted]<br/>end [inline]',
        'playing -> playing: seek<br/>faster',
        'quiet -> loud: shout',
        'quiet -> off: leave',
      ],
      notes: ['player: power.cut → off'],
    });
  });

  test('reads our own machines', async () => {
    for (const machine of [serverSession, clientSession]) {
      const { states } = await read(machine);
      assert.equal(states, labelsIn(chartOf(machine).root));
    }
  });

  test('reads its own words as names, in any case', async () => {
    const words = (await wordsOfMermaid()).flatMap((word) => [
      word,
      word.toLowerCase(),
      word.toUpperCase(),
      `${word}_start`,
    ]);
    const texts = [...new Set(words)];
    assert.is(texts.length > 60, true);
    assert.equal(await read(machineOf(texts)), wantedOf(texts));
    assert.equal(await read(machineOf(texts.reverse())), wantedOf(texts));
  });

  test('reads odd texts in every place', async () => {
    assert.equal(await read(machineOf(ODD)), wantedOf(ODD));
  });

  test('reads odd texts as the names of states at the outermost level', async () => {
    const states = Object.fromEntries(ODD.map((text) => [text, { on: { 'a note': '#m' } }]));
    const { states: found, notes } = await read(
      createMachine({ id: 'm', initial: 'lru', states } as object),
    );
    assert.equal(found, ['m', ...ODD.map((text) => `m > ${titleOf(text)}`)].sort());
    assert.equal(notes, ODD.map((text) => `${titleOf(text)}: a note → m`).sort());
  });

  test('reads random texts of its own words', async () => {
    const piece = fc.constantFrom(...ODD, 'direction', 'LR', 'state', 'end', 'note', 'class', ' ');
    const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
    const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(texts, async (some) => {
      assert.equal(await read(machineOf(some)), wantedOf(some));
    });
    await fc.assert(property, { numRuns: 20, seed: 16 });
  });
});
