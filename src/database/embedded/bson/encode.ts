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

/** A document that is written as it is, because it is encoded already. */
export class EncodedDocument {
  constructor(readonly bytes: Uint8Array) {}
}

/** What can be written: any value, and encoded documents in the place of others. */
export type Outgoing = Value | EncodedDocument | readonly Outgoing[] | OutgoingDocument;
export type OutgoingDocument = ReadonlyMap<string, Outgoing>;

/** Appends to a buffer that grows. One is kept and used again: commands are encoded one after the other. */
export class BsonWriter {
  private buffer = Buffer.allocUnsafe(16 * 1024);
  private at = 0;

  /** The bytes written since the last take, as a copy. */
  take(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.at));
    this.at = 0;
    // A single huge reply must not stay in memory for good.
    if (this.buffer.length > 1024 * 1024) this.buffer = Buffer.allocUnsafe(16 * 1024);
    return bytes;
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

  int32(value: number): void {
    const at = this.room(4);
    this.buffer.writeInt32LE(value, at);
  }

  byte(value: number): void {
    const at = this.room(1);
    this.buffer[at] = value;
  }

  private bytes(value: Uint8Array): void {
    const at = this.room(value.length);
    this.buffer.set(value, at);
  }

  /** Text as it is, without length or end. */
  private text(value: string): void {
    const { length } = value;
    if (length < 24) {
      const at = this.room(length);
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) break;
        this.buffer[at + i] = code;
      }
      if (i === length) return;
      this.at = at;
    }
    const size = Buffer.byteLength(value);
    const at = this.room(size);
    this.buffer.write(value, at, size, 'utf8');
  }

  private string(value: string): void {
    const lengthAt = this.room(4);
    this.text(value);
    this.byte(0);
    this.buffer.writeInt32LE(this.at - lengthAt - 4, lengthAt);
  }

  document(value: OutgoingDocument): void {
    const start = this.room(4);
    for (const [name, field] of value) this.field(name, field);
    this.byte(0);
    this.buffer.writeInt32LE(this.at - start, start);
  }

  private array(value: readonly Outgoing[]): void {
    const start = this.room(4);
    for (let i = 0; i < value.length; i++) this.field(String(i), value[i] as Outgoing);
    this.byte(0);
    this.buffer.writeInt32LE(this.at - start, start);
  }

  private field(name: string, value: Outgoing): void {
    const typeAt = this.room(1);
    this.text(name);
    this.byte(0);
    const type = this.value(value);
    // Only now: the buffer may have been replaced by a larger one.
    this.buffer[typeAt] = type;
  }

  /** Writes the value and answers its type code. */
  private value(value: Outgoing): number {
    switch (typeof value) {
      case 'string':
        this.string(value);
        return 0x02;
      case 'number':
        this.int32(value);
        return 0x10;
      case 'boolean':
        this.byte(value ? 1 : 0);
        return 0x08;
      case 'bigint':
        this.int64(value);
        return 0x12;
    }
    if (value === null) return 0x0a;
    if (value instanceof Map) {
      this.document(value);
      return 0x03;
    }
    if (Array.isArray(value)) {
      this.array(value);
      return 0x04;
    }
    if (value instanceof EncodedDocument) {
      this.bytes(value.bytes);
      return 0x03;
    }
    if (value instanceof Double) {
      const at = this.room(8);
      this.buffer.writeDoubleLE(value.value, at);
      return 0x01;
    }
    if (value instanceof ObjectId) {
      this.bytes(value.bytes);
      return 0x07;
    }
    if (value instanceof Date) {
      this.int64(BigInt(value.getTime()));
      return 0x09;
    }
    return this.rareValue(value as RareValue);
  }

  private rareValue(value: RareValue): number {
    if (value instanceof Marker)
      return value === Marker.minKey ? 0xff : value === Marker.maxKey ? 0x7f : 0x06;
    if (value instanceof Binary) {
      this.int32(value.bytes.length);
      this.byte(value.subtype);
      this.bytes(value.bytes);
      return 0x05;
    }
    if (value instanceof Timestamp) {
      this.int64(BigInt.asIntN(64, value.value));
      return 0x11;
    }
    if (value instanceof Regex) {
      this.text(value.pattern);
      this.byte(0);
      this.text(value.options);
      this.byte(0);
      return 0x0b;
    }
    if (value instanceof Decimal) {
      const [low, high] = encodeDecimal(value);
      this.int64(BigInt.asIntN(64, low));
      this.int64(BigInt.asIntN(64, high));
      return 0x13;
    }
    if (value instanceof SymbolText) {
      this.string(value.text);
      return 0x0e;
    }
    if (value instanceof DbPointer) {
      this.string(value.namespace);
      this.bytes(value.id.bytes);
      return 0x0c;
    }
    if (!value.scope) {
      this.string(value.code);
      return 0x0d;
    }
    const start = this.room(4);
    this.string(value.code);
    this.document(value.scope);
    this.buffer.writeInt32LE(this.at - start, start);
    return 0x0f;
  }

  private int64(value: bigint): void {
    const at = this.room(8);
    this.buffer.writeBigInt64LE(value, at);
  }
}

type RareValue = Decimal | Binary | Timestamp | Regex | Code | DbPointer | Marker | SymbolText;

const writer = new BsonWriter();

/** One document as BSON bytes of their own. */
export function encodeDocument(value: Document): Buffer {
  writer.document(value);
  return writer.take();
}

/** The halves, low first, of the binary integer decimal encoding. */
function encodeDecimal(value: Decimal): [bigint, bigint] {
  const sign = value.negative ? 1n << 63n : 0n;
  if (value.special === 'NaN') return [0n, 31n << 58n];
  if (value.special) return [0n, sign | (30n << 58n)];
  const low = value.coefficient & 0xffff_ffff_ffff_ffffn;
  return [low, sign | (BigInt(value.exponent + 6176) << 49n) | (value.coefficient >> 64n)];
}
