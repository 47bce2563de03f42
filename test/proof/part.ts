/** What every part of the proof comes to: figures, and whatever falls short. */
export interface Part {
  title: string;
  /** What was counted, in the order in which it is shown. */
  figures: Record<string, number | string>;
  /** One sentence for each thing that is not as it must be; empty where all is well. */
  shortfalls: string[];
}

/** Runs what throws on a shortfall; returns its message, or undefined. */
export function shortfallOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
