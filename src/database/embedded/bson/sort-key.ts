import { compareNumbers, typePlace } from './compare';
import { toNumber } from './numbers';
import {
  Binary,
  Code,
  DbPointer,
  Decimal,
  type Document,
  Double,
  isNumber,
  type NumberValue,
  ObjectId,
  Regex,
  SymbolText,
  Timestamp,
  type Value,
} from './types';

/**
 * Bytes that compare as the values do: `memcmp` of two keys is compareValues of what they were made from, also where
 * an int, a double and a decimal meet. Index tables hold them, so that SQLite can look up, range over and order what
 * it knows nothing about. No key is the beginning of another one, so keys can be put one behind the other.
 *
 * A field is a byte for the place of its type, then:
 * numbers - the largest double not above them, its bits made to compare as unsigned, then 0, or 1 and all digits where
 * the double is not the number itself; text - UTF-8, with 0 written as 0 255, ended by 0; documents and arrays - their
 * fields, ended by 0; the rest - fixed lengths. Descending fields have every bit turned over.
 */
class SortKeyWriter {
  private buffer = Buffer.allocUnsafe(4096);
  private at = 0;

  /** Appends one field. `direction` is that of the index. */
  field(value: Value, direction: 1 | -1): void {
    const start = this.at;
    this.tagged(value);
    if (direction === -1) this.invert(start);
  }

  take(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.at));
    this.at = 0;
    if (this.buffer.length > 64 * 1024) this.buffer = Buffer.allocUnsafe(4096);
    return bytes;
  }

  private invert(start: number): void {
    for (let i = start; i < this.at; i++) this.buffer[i] = ~(this.buffer[i] as number);
  }

  private room(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, at + bytes));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    this.at = at + bytes;
    return at;
  }

  private byte(value: number): void {
    const at = this.room(1);
    this.buffer[at] = value;
  }

  private tagged(value: Value): void {
    this.byte(typeByte(value));
    this.payload(value);
  }

  private payload(value: Value): void {
    if (isNumber(value)) this.number(value);
    else if (typeof value === 'string') this.text(value);
    else if (value instanceof Map) this.document(value);
    else if (Array.isArray(value)) {
      for (const item of value) this.tagged(item);
      this.byte(0);
    } else if (value instanceof ObjectId) this.raw(value.bytes);
    else if (typeof value === 'boolean') this.byte(value ? 1 : 0);
    else if (value instanceof Date) this.unsigned(BigInt(value.getTime()) + (1n << 63n));
    else if (value instanceof Timestamp) this.unsigned(value.value);
    else if (value instanceof SymbolText) this.text(value.text);
    else if (value instanceof Binary) {
      const at = this.room(5);
      this.buffer.writeUInt32BE(value.bytes.length, at);
      this.buffer[at + 4] = value.subtype;
      this.raw(value.bytes);
    } else if (value instanceof Regex) {
      this.text(value.pattern);
      this.text(value.options);
    } else if (value instanceof Code) {
      this.text(value.code);
      if (value.scope) this.document(value.scope);
    } else if (value instanceof DbPointer) {
      this.text(value.namespace);
      this.raw(value.id.bytes);
    }
  }

  private document(value: Document): void {
    for (const [name, item] of value) {
      this.byte(typeByte(item));
      this.text(name);
      this.payload(item);
    }
    this.byte(0);
  }

  private raw(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
  }

  private text(value: string): void {
    const size = Buffer.byteLength(value);
    const at = this.room(size);
    this.buffer.write(value, at, size, 'utf8');
    if (value.includes('\0')) {
      const plain = Buffer.from(this.buffer.subarray(at, at + size));
      this.at = at;
      for (const byte of plain) {
        this.byte(byte);
        if (byte === 0) this.byte(255);
      }
    }
    this.byte(0);
  }

  private unsigned(value: bigint): void {
    const at = this.room(8);
    this.buffer.writeBigUInt64BE(value, at);
  }

  private number(value: NumberValue): void {
    const near = toNumber(value);
    if (typeof value === 'number' || value instanceof Double) {
      this.double(near);
      this.byte(0);
      return;
    }
    if (Number.isNaN(near) || (value instanceof Decimal && value.special)) {
      this.double(near);
      this.byte(0);
      return;
    }
    const order = compareNumbers(new Double(near), value);
    this.double(order > 0 ? nextBelow(near) : near);
    if (order === 0) this.byte(0);
    else {
      this.byte(1);
      this.digits(value);
    }
  }

  private double(value: number): void {
    const at = this.room(8);
    if (Number.isNaN(value)) {
      this.buffer.fill(0, at, at + 8);
      return;
    }
    // -0 is 0.
    this.buffer.writeDoubleBE(value === 0 ? 0 : value, at);
    if ((this.buffer[at] as number) & 0x80) {
      for (let i = at; i < at + 8; i++) this.buffer[i] = ~(this.buffer[i] as number);
    } else this.buffer[at] = (this.buffer[at] as number) | 0x80;
  }

  /** `0.ddd × 10^e` as e and the digits; everything that meets here has the same sign. */
  private digits(value: bigint | Decimal): void {
    const negative = value instanceof Decimal ? value.negative : value < 0n;
    const coefficient = value instanceof Decimal ? value.coefficient : value < 0n ? -value : value;
    const all = coefficient.toString();
    const exponent = all.length + (value instanceof Decimal ? value.exponent : 0);
    const start = this.room(2);
    this.buffer.writeUInt16BE(exponent + 0x4000, start);
    this.text(all.replace(/(?<!0)0+$/, ''));
    if (negative) this.invert(start);
  }
}

/** Between two types there is room for a bound; 0 ends a document, so no type has it. */
export function typeByte(value: Value): number {
  return (typePlace(value) + 1) * 2;
}

const scratch = Buffer.alloc(8);

/** The largest double below a finite or infinite one. */
function nextBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  scratch.writeDoubleBE(value);
  const bits = scratch.readBigInt64BE();
  scratch.writeBigInt64BE(value > 0 ? bits - 1n : bits + 1n);
  return scratch.readDoubleBE();
}

const writer = new SortKeyWriter();

/** The key of several fields, one behind the other. */
export function sortKey(values: readonly Value[], directions: readonly (1 | -1)[]): Buffer {
  for (let i = 0; i < values.length; i++) writer.field(values[i] as Value, directions[i] ?? 1);
  return writer.take();
}
