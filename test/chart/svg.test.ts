/** The drawing of charts as SVG, and the metrics of its text. */
import * as assert from 'uvu/assert';
import { createMachine } from 'xstate';
import { coverageMarks } from '../../chart/coverageMarks.js';
import { layOut } from '../../chart/layout.js';
import { widthOf, wrap } from '../../chart/metrics.js';
import { chartOf, statesBelow } from '../../chart/model.js';
import { fileStyle } from '../../chart/style.js';
import { svgOf } from '../../chart/svg.js';
import { clientSession, opening, serverSession } from '../../machines/index.js';
import { nested, player } from '../support/machines.js';
import { suite } from '../support/suite.js';

/** A tag of XML: its slash where it closes, its name, its attributes, its slash where it is empty. */
const TAG = /<(\/?)([a-z]+)((?: [a-z:-]+="[^"<]*")*)(\/?)>/gi;
const ENTITY = /&(amp|lt|gt|quot|#39);/g;

/** The reason why a text is no well-formed XML, or undefined. */
function malformed(xml: string): string | undefined {
  const open: string[] = [];
  for (const [tag, closes, name, , isEmpty] of xml.matchAll(TAG)) {
    if (closes === '/') {
      if (open.pop() !== name) return `${tag} closes nothing`;
    } else if (isEmpty !== '/') open.push(name as string);
  }
  const rest = xml.replace(TAG, '').replace(ENTITY, '');
  if (/[<&]/.test(rest)) return `${/.{0,20}[<&].{0,20}/.exec(rest)} is not escaped`;
  return open.length === 0 ? undefined : `${open.join(', ')} are not closed`;
}

function unescaped(text: string): string {
  const characters = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(ENTITY, (_, name: keyof typeof characters) => characters[name]);
}

function valuesOf(attribute: string, svg: string): string[] {
  return [...svg.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, value]) =>
    unescaped(value as string),
  );
}

suite('drawing of a chart', (test) => {
  for (const machine of [serverSession, clientSession, player, nested(4)] as never[]) {
    const chart = chartOf(machine);
    const svg = svgOf(layOut(chart), { style: fileStyle });

    test(`is well-formed for ${chart.id}`, () => {
      assert.is(malformed(svg), undefined);
      assert.is(svg.includes('NaN'), false);
    });

    test(`has every state and every transition of ${chart.id}, by their ids`, () => {
      assert.equal(
        valuesOf('data-state', svg),
        statesBelow(chart.root).map(({ id }) => id),
      );
      const drawn = new Set(valuesOf('data-edge', svg).flatMap((ids) => ids.split(' ')));
      assert.equal(
        chart.transitions.filter(({ id }) => !drawn.has(id.replaceAll(' ', '%20'))),
        [],
      );
    });
  }

  test('escapes all names of a machine', () => {
    const name = `<a> & "b" 'c' \u0001\ud800`;
    const machine = createMachine({
      id: name,
      description: name,
      initial: name,
      states: {
        [name]: { tags: name, entry: name, on: { [name]: { guard: name, target: 'other' } } },
        other: { on: { [name]: { actions: name, description: name } } },
      },
    });
    const svg = svgOf(layOut(chartOf(machine)), { style: fileStyle });
    assert.is(malformed(svg), undefined);
    const shown = `<a> & "b" 'c' \ufffd\ufffd`;
    assert.equal(valuesOf('data-state', svg), [shown, `${shown}.${shown}`, `${shown}.other`]);
    assert.ok(unescaped(svg).includes(`${shown} [${shown}]`));
  });

  test('has the text of boxes with boxes in them above the lines, with a halo', () => {
    const svg = svgOf(layOut(chartOf(serverSession)), { style: fileStyle });
    assert.equal(valuesOf('data-text-of', svg), ['server', 'server.conversing', 'server.leaving']);
    const end = svg.lastIndexOf('<path class="line"');
    for (const words of ['>leaving<', '>ignores socket.sent<', '>entry / noteStarted<']) {
      assert.is(svg.indexOf(words) > end, true, words);
      assert.is(svg.indexOf(words), svg.lastIndexOf(words), words);
    }
    assert.is(svg.indexOf('>entry / closeNormally<') < end, true);
    assert.match(fileStyle, /\.above text\{paint-order:stroke;stroke:var\(--paper\)/);
  });

  test('is seen by this test where it is not well-formed', () => {
    assert.is(malformed('<svg><g></svg>'), '</svg> closes nothing');
    assert.is(malformed('<svg>'), 'svg are not closed');
    assert.is(malformed('<svg>a & b</svg>'), 'a & b is not escaped');
    assert.is(malformed('<svg a="<"></svg>'), '</svg> closes nothing');
  });

  test('has a style sheet inside only where asked', () => {
    const layout = layOut(chartOf(clientSession));
    assert.match(svgOf(layout, { style: fileStyle }), '<style>');
    assert.not.match(svgOf(layout), 'style');
    assert.match(fileStyle, 'prefers-color-scheme:dark');
  });

  test('has the actions of a transition as its tooltip', () => {
    const svg = svgOf(layOut(chartOf(clientSession)));
    assert.match(
      svg,
      '<title>socket.received [isExpected] / noteReceived, countReceived, returnMessage</title>',
    );
    assert.match(svg, '<title>socket.sent: No more will be sent.</title>');
  });

  test('tells taken, not taken and unreachable apart by words and by dashes', () => {
    const chart = chartOf(opening);
    const [opened, failed, stopped] = [
      'opening.connecting/socket.opened/0',
      'opening.connecting/socket.failed/0',
      'opening.connecting/app.stopRequested/0',
    ] as const;
    const { notes, classes } = coverageMarks(chart, {
      taken: { [opened]: 7 },
      unreachable: { [failed]: 'nothing brings it' },
    });
    assert.equal(
      [opened, failed, stopped].map((id) => classes.get(id)),
      ['taken', 'unreachable', 'missed'],
    );
    const svg = svgOf(layOut(chart, notes), { style: fileStyle, classes });
    assert.is(malformed(svg), undefined);
    for (const words of [
      '>socket.opened ×7<',
      '>socket.failed (unreachable)<',
      '>app.stopRequested (NOT TAKEN)<',
      `1 of ${chart.transitions.length}`,
    ]) {
      assert.match(svg, words);
    }
    assert.match(svg, `<g class="edge taken" data-edge="${opened}">`);
    for (const mark of ['missed', 'unreachable']) {
      assert.match(fileStyle, new RegExp(`\\.${mark} \\.line\\{[^}]*stroke-dasharray`));
    }
  });
});

suite('text of a chart', (test) => {
  test('is as wide as Helvetica says', () => {
    assert.is(widthOf('', 10), 0);
    assert.is(widthOf('AVA il', 1000), 2723);
    assert.is(widthOf('日本', 10), 20);
    assert.is(widthOf('é', 1000), 667);
  });

  test('is broken at spaces, and nowhere else', () => {
    assert.equal(wrap('one two three', 10, 45), ['one two', 'three']);
    assert.equal(wrap('unbreakable', 10, 1), ['unbreakable']);
  });
});
