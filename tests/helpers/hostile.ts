/** A stream of numbers that depends on its seed alone, so that what a fuzzer found can be found again. */
export class Dice {
  constructor(private state: number) {}

  /** From 0 up to, and without, `most`. */
  below(most: number): number {
    // Numerical Recipes' linear congruential generator: good enough to be unpredictable to the code under test.
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * most);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  /** Damages a text as transmission, haste and malice do. */
  damage(text: string): string {
    const at = this.below(text.length + 1);
    switch (this.below(6)) {
      case 0:
        return text.slice(0, at);
      case 1:
        return text.slice(0, at) + this.one(strangeTexts) + text.slice(at);
      case 2:
        return text.slice(0, at) + String.fromCharCode(this.below(0x1_00_00)) + text.slice(at + 1);
      case 3:
        return text.slice(0, at) + text.slice(at + 1 + this.below(8));
      case 4:
        return text.slice(0, at) + text.slice(Math.max(0, at - this.below(20)));
      default:
        return text.replace(/"[^"]*"/g, (whole) => (this.below(6) === 0 ? this.json(2) : whole));
    }
  }

  /** A JSON value of any kind, as text. */
  json(depth: number): string {
    const kind = depth <= 0 ? this.below(4) : this.below(6);
    if (kind === 0) return JSON.stringify(this.one(strangeTexts));
    if (kind === 1) return this.one(strangeNumbers);
    if (kind === 2) return this.one(['null', 'true', 'false']);
    if (kind === 3)
      return this.one([
        '{"$ne":null}',
        '{"$gt":""}',
        '{"$where":"1"}',
        '{"__proto__":{"admin":true}}',
        '[]',
        '{}',
      ]);
    const parts = Array.from({ length: this.below(4) }, () => this.json(depth - 1));
    if (kind === 4) return `[${parts.join(',')}]`;
    return `{${parts.map((part) => `${JSON.stringify(this.one(memberNames))}:${part}`).join(',')}}`;
  }
}

const strangeTexts = [
  ...['', ' ', '\0', '\u0000\u0001', '\ud800', '\udfff\ud800', '\u202e', '\ufeff', 'ı', 'ﬃ', '👩‍👩‍👧', 'é'],
  ...[
    '../../etc/passwd',
    "' or 1=1 --",
    '$where',
    '{{7*7}}',
    '<script>alert(1)</script>',
    '%00',
    '%ff',
    '\r\nX: y',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'null',
    'NaN',
    '-0',
    '1e309',
    'x'.repeat(5_000),
  ],
] as const;
const strangeNumbers = [
  '0',
  '-0',
  '-1',
  '1e308',
  '1e309',
  '9007199254740993',
  '0.1',
  '2147483648',
  '-2147483649',
];
const memberNames = [
  ...[
    'query',
    'variables',
    'operationName',
    'extensions',
    'input',
    'roomId',
    'userId',
    'role',
    'name',
    'id',
    'type',
  ],
  ...[
    'event',
    'data',
    'timestamp',
    'session_id',
    'peer',
    '__proto__',
    'constructor',
    'payload',
    '$ne',
    'after',
    'limit',
  ],
];
