/**
 * Part 6: would we notice? Every machine with one mistake in it is put through the proof: its table,
 * compared by what happens and not by the names of guards; the rules of paths; the pair, with fewer
 * rounds and faults. What none notices survives, and is in `survivors` with a reason.
 */
import type { AnyStateMachine } from 'xstate';
import { type Edge, edgePaths, type Graph } from '../../explore/graph.js';
import { mutantsOf } from '../../explore/mutants.js';
import { rowOf, tableOf } from '../../explore/stateTable.js';
import { play } from '../support/play.js';
import { BOOK, brokenRule, outcomesOf, pairOf } from './pairOutcomes.js';
import type { Part } from './part.js';
import { ruleShortfall, stepsOf } from './paths.js';
import { type Explored, exploreSubject, type Subject, styleOf } from './subjects.js';

const SAME_ANEW = 'a state without an entry is the same, whether or not it is entered anew';

/** Mistakes that nothing here can notice, and why that is right. */
const survivors: Record<string, Record<string, string>> = {
  server: {
    'conversing.replied: socket.sent: retarget to conversing.betweenRounds':
      'with an interval, `betweenRounds` is left for `resting` at once',
    'conversing.replied: socket.sent #2: retarget to conversing.betweenRounds':
      'in `replied` there are more rounds, so `betweenRounds` is left for `sending` at once',
    'conversing.replied: always: retarget to conversing.betweenRounds':
      'with all replies in, `betweenRounds` is left for `closing` at once',
  },
  client: Object.fromEntries(
    [
      'conversing: socket.received',
      'conversing: socket.failed',
      'conversing.awaitingMessage: socket.sent',
      'conversing.awaitingMessage: replyTimeout',
      'conversing.replying: socket.sent',
      'conversing.replying: replyTimeout',
    ].map((transition) => [
      `${transition}: retarget to conversing.beginning`,
      'with a fault recorded, `beginning` is left for `rejecting` at once',
    ]),
  ),
  closing: {
    'choosing: always: negate closesThere':
      'both ways are explored with and without a name: swapped, they are the same',
  },
  order: {
    'trying.sent: always: negate isTold':
      'a far end that tells and one that does not are both explored: swapped, they are the same',
  },
  delay: {
    'trying.sending: always: stay': SAME_ANEW,
    'trying.sending: always: do not reenter': SAME_ANEW,
    'trying.sending: always #2: retarget to trying.counting':
      'no message has come yet, so `counting` is left for `awaiting` at once',
    'trying.counting: always #2: retarget to trying.sending':
      'all parts are sent, so `sending` is left for `awaiting` at once',
  },
  idle: {
    'beginning: always: stay': SAME_ANEW,
    'beginning: always: do not reenter': SAME_ANEW,
  },
  pinging: {
    'there.next: always: retarget to back.next':
      'with all answered, `back.next` is left for `closing` at once',
    'there.awaitingPong: socket.ponged: retarget to choosing':
      'this end still pings, so `choosing` is left for `there` at once',
    'back.next: always: retarget to there.next':
      'with all answered, `there.next` is left for `closing` at once',
  },
};

const BOUNDS = { rounds: 1, faults: 1 };

/** A row, without the guards that led to it. */
function withoutGuards(row: string): string {
  return row.replace(/^(\[[^\]]*\] )+/, '');
}

/** A mutant may do the same by a transition of another state: rows are compared where they happen. */
function placeOf({ from }: Edge): string {
  return from.stepped.path;
}

/** The rows of tables as one set, without the guards. */
function rowsOf(graphs: readonly Graph[], subject: Subject): Set<string> {
  const rows = new Set<string>();
  for (const [state, facts] of tableOf(graphs, styleOf(subject), placeOf)) {
    for (const [fact, all] of facts) {
      for (const row of all) rows.add(`${state} ${fact} ${withoutGuards(row)}`);
    }
  }
  return rows;
}

/** Who notices a mutant first. */
type Noticer = 'the table' | 'the rules of paths' | 'the pair';

/** What the mutants of a subject are held against. */
class Baseline {
  readonly #subject: Subject;
  readonly #rows: Set<string>;
  readonly #outcomes: string;

  constructor(subject: Subject, explored: readonly Explored[]) {
    this.#subject = subject;
    this.#rows = rowsOf(
      explored.map(({ graph }) => graph),
      subject,
    );
    this.#outcomes = this.#isInPairs ? this.#pairOutcomes(subject.machine) : '';
  }

  /** Whether the machine takes part in the pairs. */
  get #isInPairs(): boolean {
    return this.#subject.kind === 'session' || this.#subject.kind === 'opening';
  }

  /** The first part of the proof that notices a mutant; undefined where none does. */
  noticerOf(machine: AnyStateMachine): Noticer | undefined {
    const style = styleOf(this.#subject);
    const onEdge = (edge: Edge): void => {
      const row = `${placeOf(edge)} ${style.nameOf(edge)} ${withoutGuards(rowOf(edge, style))}`;
      if (!this.#rows.has(row)) throw new Error(`the table does not have ${row}`);
    };
    let explored: Explored[];
    try {
      explored = exploreSubject(this.#subject, machine, onEdge);
    } catch {
      return 'the table';
    }
    const graphs = explored.map(({ graph }) => graph);
    const rows = rowsOf(graphs, this.#subject);
    if (rows.size !== this.#rows.size) return 'the table';
    if ([...rows].some((row) => !this.#rows.has(row))) return 'the table';
    if (this.#breaksRules(machine, explored)) return 'the rules of paths';
    return this.#isInPairs && this.#hasOtherPair(machine) ? 'the pair' : undefined;
  }

  #breaksRules(machine: AnyStateMachine, explored: readonly Explored[]): boolean {
    return explored.some(({ input, graph }) =>
      edgePaths(graph).some((path) => {
        const steps = stepsOf(path);
        return ruleShortfall(this.#subject, play(machine, input, steps), steps) !== undefined;
      }),
    );
  }

  #hasOtherPair(machine: AnyStateMachine): boolean {
    try {
      return this.#pairOutcomes(machine) !== this.#outcomes;
    } catch {
      return true;
    }
  }

  /** The terminal pairs of outcomes; throws where a rule is broken. */
  #pairOutcomes(machine: AnyStateMachine): string {
    const pair = pairOf(BOOK, BOUNDS.rounds, BOUNDS.faults, { [this.#subject.name]: machine });
    const nodes = pair.explore();
    const outcomes = new Set<string>();
    for (const node of nodes) {
      const broken = brokenRule(node, BOOK, BOUNDS.rounds);
      if (broken) throw new Error(broken);
      if (node.next.length === 0) outcomes.add(outcomesOf(node.whole).join(' | '));
    }
    return [...outcomes].sort().join('\n');
  }
}

/** The part. */
export function mutationPart(all: ReadonlyMap<Subject, Explored[]>): Part {
  const figures: Part['figures'] = {};
  const shortfalls: string[] = [];
  for (const [subject, explored] of all) {
    const baseline = new Baseline(subject, explored);
    const noticed = { 'the table': 0, 'the rules of paths': 0, 'the pair': 0 };
    let mutants = 0;
    const alive: string[] = [];
    for (const { name, machine } of mutantsOf(subject.machine)) {
      mutants++;
      const noticer = baseline.noticerOf(machine);
      if (noticer) noticed[noticer]++;
      else alive.push(name);
    }
    const killed = mutants - alive.length;
    figures[`${subject.name}: mutants`] = mutants;
    figures[`${subject.name}: noticed`] = `${killed} (${((100 * killed) / mutants).toFixed(1)} %)`;
    for (const [noticer, count] of Object.entries(noticed)) {
      figures[`${subject.name}: noticed first by ${noticer}`] = count;
    }
    const justified = Object.keys(survivors[subject.name] ?? {});
    shortfalls.push(
      ...alive
        .filter((name) => !justified.includes(name))
        .map((name) => `${subject.name}: nothing notices ${name}`),
      ...justified
        .filter((name) => !alive.includes(name))
        .map((name) => `${subject.name}: the list of survivors has a stale line, ${name}`),
    );
    if (killed < 0.95 * mutants) {
      shortfalls.push(`${subject.name}: fewer than 95 % of the mutants are noticed`);
    }
  }
  return { title: '6. Would we notice?', figures, shortfalls };
}
