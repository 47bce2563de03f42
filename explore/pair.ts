/**
 * Two machines and the network between them, explored together, exhaustively.
 *
 * The machines share the vocabulary of sockets: they emit `socket.send`, `socket.close` and
 * `socket.terminate`, and are told `socket.sent`, `received`, `ended`, `failed`. The dialler begins with
 * an opening, which is told `socket.opened` and emits `socket.handOver`: then its session begins. The
 * network has one queue in each direction. In every state of the whole, every action that is possible
 * is tried:
 *
 * Rule 1. Free, as often as they can: the connection opens; the head of a queue is delivered; a write
 *         is told of; the end of the connection is told of. Any order of these is a delay. (A Close
 *         frame is the end at once where no write is left to tell of.)
 * Rule 2. Counted as faults, at most `faults` in a run: the connection is refused; a FIN is put into a
 *         direction and what follows there is lost; a reset, with what is under way lost or delivered
 *         first; a message is garbled, or doubled; the handshake is never answered; a direction goes
 *         silent for good, and what is under way there is lost; a side's writes are never told of
 *         again; a side is stopped; a deadline passes although something else could happen.
 * Rule 3. A deadline passes freely only when nothing else can happen.
 */
import { deadlineOf } from '../chart/names.js';
import {
  copy,
  dialling,
  disturb,
  type End,
  finish,
  keyOf,
  obey,
  otherSide,
  SIDES,
  type Side,
  type Whole,
  write,
} from './network.js';
import { deadlinesOf, type Fact, type Stepped, type Stepper } from './stepper.js';

const FAULTS = new Set([
  ...['refuse', 'ignore', 'reset', 'fin', 'mute', 'stick', 'garble', 'double', 'stop'],
]);

/** An action of the network: `connect`, `refuse`, or `deliver dialler`, `fin listener`, … */
export type Action = string;

/** How facts are made that only an adapter knows. */
export interface Vocabulary {
  opened: Fact;
  refused: Fact;
  reset: Fact;
  endedByClose(code: number): Fact;
  endedByFin: Fact;
}

export interface PairOptions {
  /** The session of the side that accepts. */
  listener: Stepper;
  /** The opening of the side that dials, and then its session. */
  opening: Stepper;
  dialler: Stepper;
  vocabulary: Vocabulary;
  faults: number;
  /** The most states of the whole; more is reported as unbounded. */
  limit: number;
}

/** One side's part in what an action did: the fact it was told, and what it made of it. */
export interface Reaction {
  side: Side;
  fact: Fact | undefined;
  stepped: Stepped;
}

/** A state of the whole, and how it was reached first. */
export interface Node {
  whole: Whole;
  key: string;
  via: { from: Node; action: Action } | undefined;
  next: { action: Action; to: Node }[];
}

/** Explores two machines and a network. */
export class Pair {
  readonly #options: PairOptions;

  constructor(options: PairOptions) {
    this.#options = options;
  }

  /** The start of the opening. */
  initial(): Whole {
    return dialling(this.#options.opening.initial, this.#options.faults);
  }

  /** Every state of the whole; throws where there are more than `limit`. */
  explore(): Node[] {
    const initial = this.initial();
    const root: Node = { whole: initial, key: keyOf(initial), via: undefined, next: [] };
    const nodes = new Map([[root.key, root]]);
    for (const from of nodes.values()) {
      for (const action of this.actions(from.whole)) {
        const whole = this.act(from.whole, action).whole;
        const key = keyOf(whole);
        let to = nodes.get(key);
        if (to === undefined) {
          if (nodes.size === this.#options.limit) {
            throw new Error(`UNBOUNDED: more than ${this.#options.limit} states of the whole`);
          }
          to = { whole, key, via: { from, action }, next: [] };
          nodes.set(key, to);
        }
        from.next.push({ action, to });
      }
    }
    return [...nodes.values()];
  }

  /** What can happen now. */
  actions(whole: Whole): Action[] {
    const free = this.#freeActions(whole);
    const deadlines = SIDES.flatMap((side) => {
      const { stepped } = whole.ends[side];
      if (stepped?.snapshot.status !== 'active') return [];
      return deadlinesOf(stepped.snapshot).map(
        (fact) => `deadline ${side} ${deadlineOf(fact.type)}`,
      );
    });
    if (whole.faults > 0) return [...free, ...this.#faultActions(whole), ...deadlines];
    return free.length === 0 ? deadlines : free;
  }

  #freeActions({ ends, isDialled }: Whole): Action[] {
    const actions: Action[] = [];
    if (!isDialled && !ends.dialler.isGone) actions.push('connect');
    for (const side of SIDES) {
      const { inbox, unwritten, end, isGone, isStuck } = ends[side];
      if (isGone) continue;
      if (inbox.length > 0 && end === undefined) actions.push(`deliver ${side}`);
      if (unwritten > 0 && !isStuck) actions.push(`written ${side}`);
      if (end !== undefined) actions.push(`end ${side}`);
    }
    return actions;
  }

  #faultActions({ ends, isDialled }: Whole): Action[] {
    const actions: Action[] = [];
    if (!isDialled && !ends.dialler.isGone) actions.push('refuse', 'ignore');
    const isOpen = ends.listener.stepped !== undefined && SIDES.some((side) => !ends[side].isGone);
    if (isOpen) actions.push('reset lost', 'reset first');
    for (const side of SIDES) {
      const { stepped, inbox, isGone, isStuck } = ends[side];
      if (isOpen && !isGone && !isStuck) actions.push(`stick ${side}`);
      if (isOpen && !isGone && !ends[otherSide(side)].isCut)
        actions.push(`fin ${side}`, `mute ${side}`);
      if (inbox[0]?.kind === 'message' && !isGone) {
        actions.push(`garble ${side}`, `double ${side}`);
      }
      if (stepped?.snapshot.status === 'active') actions.push(`stop ${side}`);
    }
    return actions;
  }

  /** What an action makes of the whole, and what the sides were told by it. */
  act(before: Whole, action: Action): { whole: Whole; told: Reaction[] } {
    const whole = copy(before);
    const told: Reaction[] = [];
    const [verb, name, detail] = action.split(' ');
    const side = name as Side;
    const tell = (to: Side, fact: Fact): void => this.#tell(whole, to, fact, told);
    const isStall = verb === 'deadline' && this.#freeActions(before).length > 0;
    if (FAULTS.has(verb as string) || isStall) whole.faults--;
    switch (verb) {
      case 'connect':
        this.#connect(whole, told);
        break;
      case 'refuse':
        whole.isDialled = true;
        tell('dialler', this.#options.vocabulary.refused);
        break;
      case 'ignore':
        whole.isDialled = true;
        break;
      case 'deliver':
        this.#deliver(whole, side, tell);
        break;
      case 'written':
        whole.ends[side].unwritten--;
        tell(side, { type: 'socket.sent' });
        break;
      case 'end':
        this.#endNow(whole.ends[side], side, tell);
        break;
      case 'deadline':
        for (const fact of deadlinesOf(this.#steppedOf(whole, side).snapshot)) {
          if (deadlineOf(fact.type) === detail) tell(side, fact);
        }
        break;
      case 'stop':
        tell(side, { type: 'app.stopRequested' });
        break;
      default:
        disturb(whole, action);
    }
    return { whole, told };
  }

  #connect(whole: Whole, told: Reaction[]): void {
    whole.isDialled = true;
    whole.ends.dialler.inbox.push({ kind: 'opened' });
    this.#begin(whole, 'listener', told);
  }

  /** Begins a side's session: its connection is open. */
  #begin(whole: Whole, side: Side, told: Reaction[]): void {
    const end = whole.ends[side];
    const stepped = this.#options[side].initial;
    end.stepped = stepped;
    end.isOpen = true;
    told.push({ side, fact: undefined, stepped });
    obey(whole, side, stepped.emitted);
  }

  #deliver(whole: Whole, side: Side, tell: (to: Side, fact: Fact) => void): void {
    const end = whole.ends[side];
    const item = end.inbox.shift();
    const { vocabulary } = this.#options;
    switch (item?.kind) {
      case 'opened':
        tell(side, vocabulary.opened);
        break;
      case 'message':
        end.heard.push(item.data);
        tell(side, { type: 'socket.received', data: item.data } as Fact);
        break;
      case 'close':
        end.end = vocabulary.endedByClose(item.code);
        // The answer to a Close frame is a Close frame, and then the end of TCP.
        if (!end.closeSent) write(whole, side, { kind: 'close', code: item.code });
        end.closeSent = true;
        finish(whole, side);
        // Told at once, unless a write has yet to be told of.
        if (end.unwritten === 0) this.#endNow(end, side, tell);
        break;
      case 'fin':
        end.end = vocabulary.endedByFin;
        finish(whole, side);
        break;
      case 'reset':
        end.end = vocabulary.reset;
        end.unwritten = 0;
        end.isFinished = true;
        break;
    }
  }

  #endNow(end: End, side: Side, tell: (to: Side, fact: Fact) => void): void {
    end.isGone = true;
    if (end.end) tell(side, end.end);
  }

  #tell(whole: Whole, side: Side, fact: Fact, told: Reaction[]): void {
    const from = this.#steppedOf(whole, side);
    // A session that is over takes no more facts.
    if (from.snapshot.status !== 'active') return;
    const stepper = this.#options[whole.ends[side].isOpen ? side : 'opening'];
    const stepped = stepper.step(from, fact);
    whole.ends[side].stepped = stepped;
    told.push({ side, fact, stepped });
    obey(whole, side, stepped.emitted);
    if (stepped.emitted.some(({ type }) => type === 'socket.handOver')) {
      this.#begin(whole, side, told);
    }
  }

  #steppedOf(whole: Whole, side: Side): Stepped {
    const { stepped } = whole.ends[side];
    if (stepped === undefined) throw new Error(`the ${side} has no session yet`);
    return stepped;
  }
}

/** The actions that lead to a node, the fewest. */
export function actionsTo(node: Node): Action[] {
  const actions: Action[] = [];
  for (let at: Node = node; at.via; at = at.via.from) actions.unshift(at.via.action);
  return actions;
}

/** The nodes of a cycle, where there is one; else the length of the longest run. */
export function cycleOrLength(root: Node): Node[] | number {
  const lengths = new Map<Node, number>();
  const onPath: Node[] = [];
  const entered = new Set<Node>();
  const stack: { node: Node; child: number }[] = [{ node: root, child: 0 }];
  onPath.push(root);
  entered.add(root);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const step = top.node.next[top.child++];
    if (step === undefined) {
      const longest = top.node.next.map(({ to }) => (lengths.get(to) ?? 0) + 1);
      lengths.set(top.node, Math.max(0, ...longest));
      entered.delete(top.node);
      onPath.pop();
      stack.pop();
    } else if (entered.has(step.to)) {
      return onPath.slice(onPath.indexOf(step.to));
    } else if (!lengths.has(step.to)) {
      stack.push({ node: step.to, child: 0 });
      onPath.push(step.to);
      entered.add(step.to);
    }
  }
  return lengths.get(root) ?? 0;
}
