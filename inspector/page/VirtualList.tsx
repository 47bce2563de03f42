/** A long list of rows of one height. Only the visible rows are in the document. */
import type { ComponentChildren, RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** Rows beyond the visible ones, so that a fast scroll shows no gap. */
const OVERSCAN = 8;

interface Props {
  count: number;
  rowHeight: number;
  /** The scrolling element around this list. */
  scroller: RefObject<HTMLElement | null>;
  row(index: number): ComponentChildren;
}

export function VirtualList({ count, rowHeight, scroller, row }: Props) {
  const [[top, height], setView] = useState<[number, number]>([0, 800]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = (): void => setView([element.scrollTop, element.clientHeight]);
    look();
    element.addEventListener('scroll', look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, [scroller]);
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight), count - 1) - OVERSCAN);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  const rows = [];
  for (let index = first; index < last; index++) rows.push(row(index));
  return (
    <div role="presentation" class="virtual" style={{ height: `${count * rowHeight}px` }}>
      <div role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
        {rows}
      </div>
    </div>
  );
}
