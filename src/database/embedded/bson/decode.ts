import { FieldNames } from './field-names';
import {
  Binary,
  Code,
  DbPointer,
  Decimal,
  type Document,
  Double,
  Marker,
  ObjectId,
  Regex,
  SymbolText,
  Timestamp,
  type Value,
} from './types';

/** Bytes that are not BSON. The message says where. */
export class BadBson extends Error {
  override readonly name = 'BadBson';
}

/** Deeper nesting is refused, as by a real server, before it can exhaust the stack. */
const MOST_NESTED = 200;

const names = new FieldNames();

/**
 * Reads one document (https://bsonspec.org/spec.html) that starts at `offset`.
 * Binary values and object ids are copied, so that the result does not hold on to the buffer.
 *
 * @throws BadBson
 */
export function decodeDocument(buffer: Buffer, offset = 0): Document {
  return new Decoder(buffer).document(offset, 0);
}

class Decoder {
  constructor(private readonly buffer: Buffer) {}

  document(start: number, depth: number): Document {
    const result: Document = new Map();
    this.elements(start, depth, (name, value) => result.set(name, value));
    return result;
  }

  private array(start: number, depth: number): Value[] {
    const result: Value[] = [];
    this.elements(start, depth, (_, value) => result.push(value));
    return result;
  }

  private elements(start: number, depth: number, take: (name: string, value: Value) => void): void {
    if (depth > MOST_NESTED) throw new BadBson(`nested deeper than ${MOST_NESTED} levels`);
    const { buffer } = this;
    const end = start + this.size(start) - 1;
    if (buffer[end] !== 0) throw new BadBson(`the document at byte ${start} does not end with 0`);
    let at = start + 4;
    while (at < end) {
      const type = buffer[at] as number;
      const nameEnd = buffer.indexOf(0, at + 1);
      if (nameEnd < 0 || nameEnd >= end) throw new BadBson(`field name at byte ${at} has no end`);
      const name = names.read(buffer, at + 1, nameEnd);
      at = this.value(type, nameEnd + 1, end, depth);
      take(name, this.read as Value);
    }
    if (at !== end) throw new BadBson(`the document at byte ${start} has a field beyond its end`);
  }

  private size(start: number): number {
    const size = start + 5 <= this.buffer.length ? this.buffer.readInt32LE(start) : -1;
    if (size < 5 || start + size > this.buffer.length) {
      throw new BadBson(`impossible document size ${size} at byte ${start}`);
    }
    return size;
  }

  /** The last value that value() read: a second result without an object for it. */
  private read: Value = null;

  /** Reads a value into `this.read` and answers where it ended. */
  private value(type: number, at: number, end: number, depth: number): number {
    const { buffer } = this;
    const need = (bytes: number): void => {
      if (bytes < 0 || at + bytes > end) throw new BadBson(`value at byte ${at} goes beyond its document`);
    };
    switch (type) {
      case 0x01:
        need(8);
        this.read = new Double(buffer.readDoubleLE(at));
        return at + 8;
      case 0x02:
      case 0x0d:
      case 0x0e: {
        const text = this.string(at, end);
        this.read = type === 0x02 ? text : type === 0x0d ? new Code(text) : new SymbolText(text);
        return at + 4 + buffer.readInt32LE(at);
      }
      case 0x03:
      case 0x04: {
        need(5);
        const size = this.size(at);
        need(size);
        this.read = type === 0x03 ? this.document(at, depth + 1) : this.array(at, depth + 1);
        return at + size;
      }
      case 0x05: {
        need(5);
        const length = buffer.readInt32LE(at);
        need(5 + length);
        if (length < 0) throw new BadBson(`negative length at byte ${at}`);
        const subtype = buffer[at + 4] as number;
        this.read = new Binary(Uint8Array.prototype.slice.call(buffer, at + 5, at + 5 + length), subtype);
        return at + 5 + length;
      }
      case 0x06:
        this.read = Marker.undefined;
        return at;
      case 0x07:
        need(12);
        this.read = new ObjectId(Uint8Array.prototype.slice.call(buffer, at, at + 12));
        return at + 12;
      case 0x08:
        need(1);
        this.read = buffer[at] !== 0;
        return at + 1;
      case 0x09: {
        need(8);
        const date = new Date(Number(buffer.readBigInt64LE(at)));
        if (Number.isNaN(date.getTime())) {
          throw new BadBson(`the date at byte ${at} is further away than this server can count`);
        }
        this.read = date;
        return at + 8;
      }
      case 0x0a:
        this.read = null;
        return at;
      case 0x0b: {
        const patternEnd = this.cstringEnd(at, end);
        const optionsEnd = this.cstringEnd(patternEnd + 1, end);
        this.read = new Regex(
          buffer.toString('utf8', at, patternEnd),
          buffer.toString('utf8', patternEnd + 1, optionsEnd),
        );
        return optionsEnd + 1;
      }
      case 0x0c: {
        const namespace = this.string(at, end);
        const idAt = at + 4 + buffer.readInt32LE(at);
        if (idAt + 12 > end) throw new BadBson(`value at byte ${at} goes beyond its document`);
        this.read = new DbPointer(
          namespace,
          new ObjectId(Uint8Array.prototype.slice.call(buffer, idAt, idAt + 12)),
        );
        return idAt + 12;
      }
      case 0x0f: {
        need(14);
        const size = buffer.readInt32LE(at);
        need(size);
        const code = this.string(at + 4, end);
        this.read = new Code(code, this.document(at + 8 + buffer.readInt32LE(at + 4), depth + 1));
        return at + size;
      }
      case 0x10:
        need(4);
        this.read = buffer.readInt32LE(at);
        return at + 4;
      case 0x11:
        need(8);
        this.read = new Timestamp(buffer.readBigUInt64LE(at));
        return at + 8;
      case 0x12:
        need(8);
        this.read = buffer.readBigInt64LE(at);
        return at + 8;
      case 0x13:
        need(16);
        this.read = decodeDecimal(buffer.readBigUInt64LE(at), buffer.readBigUInt64LE(at + 8));
        return at + 16;
      case 0x7f:
        this.read = Marker.maxKey;
        return at;
      case 0xff:
        this.read = Marker.minKey;
        return at;
      default:
        throw new BadBson(`unknown type ${type} at byte ${at}`);
    }
  }

  private string(at: number, end: number): string {
    const length = at + 4 <= end ? this.buffer.readInt32LE(at) : -1;
    if (length < 1 || at + 4 + length > end || this.buffer[at + 3 + length] !== 0) {
      throw new BadBson(`bad string at byte ${at}`);
    }
    return this.buffer.toString('utf8', at + 4, at + 3 + length);
  }

  private cstringEnd(at: number, end: number): number {
    const found = this.buffer.indexOf(0, at);
    if (found < 0 || found >= end) throw new BadBson(`text at byte ${at} has no end`);
    return found;
  }
}

const COEFFICIENT_BITS = 113n;

/** From the two halves of the binary integer decimal encoding. A coefficient beyond 34 digits counts as zero. */
function decodeDecimal(low: bigint, high: bigint): Decimal {
  const negative = high >> 63n === 1n;
  const combination = (high >> 58n) & 31n;
  if (combination === 31n) return new Decimal(false, 0n, 0, 'NaN');
  if (combination === 30n) return new Decimal(negative, 0n, 0, 'Infinity');
  // The second form of the encoding only holds coefficients that are too large to be valid.
  if (combination >= 24n) return new Decimal(negative, 0n, Number((high >> 47n) & 0x3fffn) - 6176);
  const bits = ((high << 64n) | low) & ((1n << COEFFICIENT_BITS) - 1n);
  const coefficient = bits >= 10n ** 34n ? 0n : bits;
  return new Decimal(negative, coefficient, Number((high >> 49n) & 0x3fffn) - 6176);
}
