/** JSON in which the fields of an object keep their order, also where their names are numbers. */
export type Json = string | number | boolean | null | Json[] | Map<string, Json>;

/** A text that is not JSON. The message says where. */
export class BadJson extends Error {
  override readonly name = 'BadJson';
}

/** @throws BadJson */
export function readJson(text: string): Json {
  return new JsonReader(text).whole();
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const space = /[ \t\r\n]*/y;
const string = /"(?:[^"\\]|\\.)*"/sy;

/** `JSON.parse` makes objects, and those put `"10"` before `"9a"`; in a document the order counts. */
class JsonReader {
  private at = 0;
  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value();
    this.skipSpace();
    if (this.at < this.text.length) throw this.unexpected();
    return value;
  }

  private value(): Json {
    this.skipSpace();
    switch (this.text[this.at]) {
      case '{':
        return this.object();
      case '[':
        return this.array();
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return Number(this.match(number));
    }
  }

  private object(): Map<string, Json> {
    const fields = new Map<string, Json>();
    this.at += 1;
    if (this.takes('}')) return fields;
    do {
      this.skipSpace();
      const name = this.string();
      if (!this.takes(':')) throw this.unexpected();
      if (fields.has(name)) throw new BadJson(`the field "${name}" is there twice`);
      fields.set(name, this.value());
    } while (this.takes(','));
    if (!this.takes('}')) throw this.unexpected();
    return fields;
  }

  private array(): Json[] {
    const items: Json[] = [];
    this.at += 1;
    if (this.takes(']')) return items;
    do items.push(this.value());
    while (this.takes(','));
    if (!this.takes(']')) throw this.unexpected();
    return items;
  }

  private string(): string {
    const token = this.match(string);
    try {
      return JSON.parse(token) as string;
    } catch {
      throw new BadJson(`a bad string ends at character ${this.at}`);
    }
  }

  private word<Word>(word: string, value: Word): Word {
    if (!this.text.startsWith(word, this.at)) throw this.unexpected();
    this.at += word.length;
    return value;
  }

  private takes(char: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): void {
    space.lastIndex = this.at;
    space.exec(this.text);
    this.at = space.lastIndex;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const token = pattern.exec(this.text)?.[0];
    if (token === undefined) throw this.unexpected();
    this.at = pattern.lastIndex;
    return token;
  }

  private unexpected(): BadJson {
    const found = this.text[this.at];
    return new BadJson(
      found === undefined
        ? 'it ends too early'
        : `unexpected ${JSON.stringify(found)} at character ${this.at}`,
    );
  }
}
