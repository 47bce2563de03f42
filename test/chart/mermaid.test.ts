/** The Mermaid text of charts, line by line. */
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';
import { mermaidOf } from '../../chart/mermaid.js';
import { chartOf } from '../../chart/model.js';
import { player } from '../support/machines.js';
import { suite } from '../support/suite.js';

suite('Mermaid text of a chart', (test) => {
  test('has nested, parallel and history states, and a note for what Mermaid cannot draw', () => {
    assert.equal(mermaidOf(chartOf(player)).split('\n'), [
      'stateDiagram-v2',
      '  state player {',
      '    [*] --> off',
      '    off',
      '    loading',
      '    state on {',
      '      state deck {',
      '        [*] --> paused',
      '        paused',
      '        playing',
      '        over',
      '        over --> [*]',
      '      }',
      '      --',
      '      state volume {',
      '        [*] --> loud',
      '        loud',
      '        quiet',
      '      }',
      '      --',
      '      state "H#42;" as memory',
      '    }',
      '    state ended {',
      '      [*] --> fresh',
      '      fresh',
      '      stale',
      '      state "H" as last',
      '    }',
      '  }',
      '  off --> loading : power.on',
      '  off --> memory : power.on.last',
      '  loading --> on : done load',
      '  loading --> off : error load<br/>after patience',
      '  loading --> loading : after 250 ms',
      '  on --> ended : done',
      '  deck --> deck : done',
      '  paused --> playing : play [isLoaded]',
      '  playing --> over : [isFast(than#58; 9)]<br/>end [isLoaded and not isMuted]',
      '  playing --> paused : pause<br/>end [in on.volume.loud or isMuted]<br/>end [inline]',
      '  playing --> playing : seek<br/>faster',
      '  loud --> quiet : say #34;#60;hush#62;#34; #38; wait',
      '  quiet --> loud : shout',
      '  quiet --> off : leave',
      '  ended --> playing : again',
      '  ended --> quiet : again',
      '  fresh --> last : forget',
      '  last --> stale',
      '  note right of player : power.cut → off',
      '',
    ]);
  });

  test('gives states with the same or with odd names a name each', () => {
    const machine = createMachine({
      id: 'odd',
      initial: 'a b',
      states: {
        'a b': { on: { go: 'a:b' } },
        'a:b': { on: { go: 'end' } },
        end: { initial: 'end', states: { end: { type: 'final' } } },
        alone: {},
      },
    });
    assert.equal(mermaidOf(chartOf(machine)).split('\n'), [
      'stateDiagram-v2',
      '  [*] --> a_b',
      '  state "a b" as a_b',
      '  state "a#58;b" as a_b_2',
      '  state "end" as end_2',
      '  state end_2 {',
      '    [*] --> end_3',
      '    state "end" as end_3',
      '    end_3 --> [*]',
      '  }',
      '  alone',
      '  a_b --> a_b_2 : go',
      '  a_b_2 --> end_2 : go',
      '',
    ]);
  });

  test('adds the note of a transition', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: {} },
    });
    assert.match(mermaidOf(chartOf(machine), new Map([['m.a/go/0', '×3']])), 'a --> b : go ×3\n');
  });
});
