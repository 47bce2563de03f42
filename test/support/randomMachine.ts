/** Configurations of machines, made up by fast-check: states in states, of every type, and transitions between any. */
import fc from 'fast-check';

interface Sketch {
  isParallel: boolean;
  children: Sketch[];
}

interface Jump {
  from: number;
  to: number;
  isReentering: boolean;
  name: string;
}

/** A state with states in it, so many deep. */
function sketchOf(depth: number): fc.Arbitrary<Sketch> {
  const children =
    depth === 0 ? fc.constant<Sketch[]>([]) : fc.array(sketchOf(depth - 1), { maxLength: 4 });
  return fc.record({ isParallel: fc.boolean(), children });
}

const jumps = fc.array(
  fc.record({
    from: fc.nat(),
    to: fc.nat(),
    isReentering: fc.boolean(),
    name: fc.constantFrom('go', 'a rather long name of an event', 'x', '<&">'),
  }),
  { maxLength: 12 },
);

/** Configurations of machines of up to some dozens of states. */
export const configs = fc.tuple(sketchOf(3), jumps).map(([sketch, all]) => configOf(sketch, all));

function configOf(sketch: Sketch, all: readonly Jump[]): object {
  const ids: string[] = [];
  const number = (one: Sketch, id: string): void => {
    ids.push(id);
    for (const [index, child] of one.children.entries()) number(child, `${id}_${index}`);
  };
  number(sketch, 's');
  const stateOf = ({ isParallel, children }: Sketch, id: string): object => {
    const own = all.filter(({ from }) => ids[from % ids.length] === id);
    const on: Record<string, object[]> = {};
    for (const { to, isReentering, name } of own) {
      on[name] ??= [];
      on[name].push({ target: `#${ids[to % ids.length]}`, reenter: isReentering });
    }
    const states = children.map((child, index) => [`k${index}`, stateOf(child, `${id}_${index}`)]);
    if (children.length === 0) return { id, on };
    const type = isParallel ? { type: 'parallel' } : { initial: 'k0' };
    return { id, on, ...type, states: Object.fromEntries(states) };
  };
  return stateOf(sketch, 's');
}
