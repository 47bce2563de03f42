/**
 * The network between two sessions, as data: what is under way to each side, and the state of each socket.
 *
 * Rule 1. A function here changes the whole that it is given; `copy` comes first.
 * Rule 2. No machine is stepped here: `pair.ts` tells facts, and hands over what was emitted.
 */
import type { Emitted, Fact, Stepped } from './stepper.js';

/** The two ends by who dialled. Either may hold either session. */
export type Side = 'listener' | 'dialler';
export const SIDES = ['listener', 'dialler'] as const;

export function otherSide(side: Side): Side {
  return side === 'listener' ? 'dialler' : 'listener';
}

/** Something under way to one side. */
export type Item =
  | { kind: 'opened' }
  | { kind: 'message'; data: string; isTampered?: true }
  | { kind: 'close'; code: number }
  | { kind: 'fin' }
  | { kind: 'reset' };

/** One side: its machine, its socket, and what is under way to it. The dialler's first machine is its opening. */
export interface End {
  /** Undefined: the listener's session, before the connection is open. */
  stepped: Stepped | undefined;
  inbox: Item[];
  unwritten: number;
  /** A Close frame was sent: because the machine ordered it, or in answer to one. */
  closeSent: boolean;
  closeOrdered: boolean;
  /** This side has ended its direction: nothing it writes goes out any more. */
  isFinished: boolean;
  /** The network lets nothing more through from this side. */
  isCut: boolean;
  /** The session is never told of a write again. */
  isStuck: boolean;
  /** The connection is open, and this side's session has begun. */
  isOpen: boolean;
  /** The fact that will tell of the end of the connection. */
  end: Fact | undefined;
  /** No more facts come from the socket. */
  isGone: boolean;
  /** The payloads that its session sent, and those that its session received. */
  said: string[];
  heard: string[];
}

/** The whole, at one moment. */
export interface Whole {
  ends: Record<Side, End>;
  isDialled: boolean;
  faults: number;
  /** Something was garbled or doubled on its way to this side. */
  tampered: Record<Side, boolean>;
}

/** The start: the dialler's opening. */
export function dialling(opening: Stepped, faults: number): Whole {
  return {
    ends: { listener: endOf(undefined), dialler: endOf(opening) },
    isDialled: false,
    faults,
    tampered: { listener: false, dialler: false },
  };
}

function endOf(stepped: Stepped | undefined): End {
  return {
    stepped,
    inbox: [],
    unwritten: 0,
    closeSent: false,
    closeOrdered: false,
    isFinished: false,
    isCut: false,
    isStuck: false,
    isOpen: false,
    end: undefined,
    isGone: false,
    said: [],
    heard: [],
  };
}

export function copy(whole: Whole): Whole {
  const copyOf = (end: End): End => ({
    ...end,
    inbox: [...end.inbox],
    said: [...end.said],
    heard: [...end.heard],
  });
  return {
    ...whole,
    ends: { listener: copyOf(whole.ends.listener), dialler: copyOf(whole.ends.dialler) },
    tampered: { ...whole.tampered },
  };
}

export function keyOf({ ends, ...rest }: Whole): string {
  const keyOfEnd = ({ stepped, ...end }: End): unknown => [stepped?.key, end];
  return JSON.stringify([keyOfEnd(ends.listener), keyOfEnd(ends.dialler), rest]);
}

/** A socket does what its session ordered. */
export function obey(whole: Whole, side: Side, emitted: readonly Emitted[]): void {
  const end = whole.ends[side];
  for (const command of emitted) {
    switch (command.type) {
      case 'socket.send': {
        const { data } = command as Emitted & { data: string };
        if (end.closeOrdered) throw new Error(`the ${side} sends ${data} after it has closed`);
        end.said.push(data);
        // A socket that has answered a Close frame by itself writes no more.
        if (end.closeSent) break;
        end.unwritten++;
        write(whole, side, { kind: 'message', data });
        break;
      }
      case 'socket.close':
        if (!end.closeSent) {
          const { code } = command as Emitted & { code: number };
          write(whole, side, { kind: 'close', code });
        }
        end.closeSent = true;
        end.closeOrdered = true;
        break;
      case 'socket.terminate':
        finish(whole, side);
        end.isGone = true;
        end.inbox = [];
        end.unwritten = 0;
        break;
    }
  }
}

/** Puts something on its way to the other side, where the network lets it through. */
export function write(whole: Whole, side: Side, item: Item): void {
  const end = whole.ends[side];
  const other = whole.ends[otherSide(side)];
  const isHeard = other.stepped !== undefined && !other.isGone;
  if (!end.isFinished && !end.isCut && isHeard) other.inbox.push(item);
}

/** Ends the direction from a side: a FIN is on its way, and nothing after it. */
export function finish(whole: Whole, side: Side): void {
  write(whole, side, { kind: 'fin' });
  whole.ends[side].isFinished = true;
}

/** The network does damage: a fault by its name, and the direction it is in. */
export function disturb(whole: Whole, action: string): void {
  const [verb, name] = action.split(' ');
  if (verb === 'reset') {
    for (const side of SIDES) {
      const end = whole.ends[side];
      if (name === 'lost') end.inbox = [];
      end.inbox.push({ kind: 'reset' });
      end.isCut = true;
    }
    return;
  }
  const side = name as Side;
  const { inbox } = whole.ends[side];
  if (verb === 'fin') {
    whole.ends[otherSide(side)].isCut = true;
    inbox.push({ kind: 'fin' });
    return;
  }
  if (verb === 'mute') {
    whole.ends[otherSide(side)].isCut = true;
    inbox.length = 0;
    return;
  }
  if (verb === 'stick') {
    whole.ends[side].isStuck = true;
    return;
  }
  const [head] = inbox;
  if (head?.kind !== 'message') throw new Error(`there is no message to ${action}`);
  whole.tampered[side] = true;
  if (verb === 'garble') inbox[0] = { ...head, data: `${head.data}?`, isTampered: true };
  else if (verb === 'double') inbox.unshift({ ...head, isTampered: true });
  else throw new Error(`nothing is known of ${action}`);
}
