/** One measured number. `ratio` is its value over that of the figure named `base`, measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly base?: string;
  readonly ratio?: number;
}

export interface Section {
  readonly title: string;
  /** How the numbers come about: what is repeated, what is the base. */
  readonly how: string;
  measure(): Figure[] | Promise<Figure[]>;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which `part` (0 to 1) of the values lie. */
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}

/** The figures with the ratio of each to its base filled in. Throws if a base is missing. */
export function withRatios(figures: readonly Figure[]): Figure[] {
  return figures.map(figure => {
    if (figure.base === undefined || figure.ratio !== undefined) return figure;
    const base = figures.find(other => other.name === figure.base);
    if (!base) throw new Error(`${figure.name} is measured against '${figure.base}', which is missing`);
    return { ...figure, ratio: figure.value / base.value };
  });
}
