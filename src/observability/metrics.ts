import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type FigureName, figures, type LabelsOf, type Meter, type Reading } from '../figures';

/** Of durations, in seconds. */
const DURATIONS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const OTHER = 'other';

/** The figures of this process in the text format of Prometheus, with its base units: those of the table, and Node's own. */
export class Metrics implements Meter {
  private readonly registry = new Registry();
  private readonly kept = new Map<FigureName, Counter | Gauge | Histogram>();
  private readonly values = new Map<FigureName, readonly [string, ReadonlySet<string>][]>();
  private readonly readings = new Map<FigureName, Reading>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of Object.keys(figures) as FigureName[]) this.kept.set(name, this.make(name));
  }

  count: Meter['count'] = (name, labels, by = 1) => {
    (this.kept.get(name) as Counter).inc(this.closed(name, labels), by);
  };

  observe: Meter['observe'] = (name, value, labels) => {
    (this.kept.get(name) as Histogram).observe(this.closed(name, labels), value);
  };

  change: Meter['change'] = (name, by, labels) => {
    (this.kept.get(name) as Gauge).inc(this.closed(name, labels), by);
  };

  read: Meter['read'] = (name, reading) => {
    this.readings.set(name, reading);
  };

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All of it, as Prometheus reads it. A reading that fails leaves its figure out: the others matter the more then. */
  async text(): Promise<string> {
    await Promise.all([...this.readings].map(([name, reading]) => this.take(name, reading)));
    return this.registry.metrics();
  }

  private async take(name: FigureName, reading: Reading): Promise<void> {
    const gauge = this.kept.get(name) as Gauge;
    const [label = ''] = Object.keys(labelsOf(name));
    try {
      const read = await reading();
      if (typeof read === 'number') gauge.set(read);
      else for (const [value, figure] of Object.entries(read)) gauge.set({ [label]: value }, figure);
    } catch {
      gauge.reset();
      gauge.remove();
    }
  }

  private make(name: FigureName): Counter | Gauge | Histogram {
    const { kind, help } = figures[name];
    const labels = labelsOf(name);
    this.values.set(
      name,
      Object.entries(labels).map(([label, values]) => [label, new Set(values)]),
    );
    const known = { name, help, labelNames: Object.keys(labels), registers: [this.registry] };
    if (kind === 'counter') return new Counter(known);
    if (kind === 'gauge') return new Gauge(known);
    const { buckets = DURATIONS } = figures[name] as { buckets?: readonly number[] };
    return new Histogram({ ...known, buckets: [...buckets] });
  }

  /** The labels with every value that is not in the table taken for `other`. */
  private closed<Name extends FigureName>(name: Name, labels?: LabelsOf<Name>): Record<string, string> {
    const closed: Record<string, string> = {};
    for (const [label, values] of this.values.get(name) ?? []) {
      const value = (labels as Record<string, string> | undefined)?.[label] ?? OTHER;
      closed[label] = values.has(value) ? value : OTHER;
    }
    return closed;
  }
}

function labelsOf(name: FigureName): Readonly<Record<string, readonly string[]>> {
  return (figures[name] as { labels?: Record<string, readonly string[]> }).labels ?? {};
}
