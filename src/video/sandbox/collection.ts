import type { Journal } from './journal';

/** Documents of one kind, kept in the journal. What is put in is not changed afterwards: a change is a new document. */
export class Collection<T extends { readonly id: string }> {
  private readonly documents: Map<string, T>;
  private readonly byGroup = new Map<string, Map<string, T>>();

  /** @param groupOf what `group` looks for, such as the session that a peer belongs to */
  constructor(
    private readonly journal: Journal,
    private readonly name: string,
    private readonly groupOf: (document: T) => string = () => '',
  ) {
    this.documents = journal.collection(name) as Map<string, T>;
    for (const document of this.documents.values()) this.index(document);
  }

  get(id: string): T | undefined {
    return this.documents.get(id);
  }

  /** Newest first. */
  all(): T[] {
    return [...this.documents.values()].reverse();
  }

  /** Oldest first. */
  group(key: string): T[] {
    return [...(this.byGroup.get(key)?.values() ?? [])];
  }

  put(document: T): T {
    const before = this.documents.get(document.id);
    if (before && this.groupOf(before) !== this.groupOf(document)) this.unindex(before);
    this.journal.put(this.name, document.id, document);
    this.index(document);
    return document;
  }

  delete(id: string): void {
    const before = this.documents.get(id);
    if (!before) return;
    this.unindex(before);
    this.journal.delete(this.name, id);
  }

  private index(document: T): void {
    const key = this.groupOf(document);
    const group = this.byGroup.get(key) ?? new Map<string, T>();
    this.byGroup.set(key, group.set(document.id, document));
  }

  private unindex(document: T): void {
    const key = this.groupOf(document);
    const group = this.byGroup.get(key);
    group?.delete(document.id);
    if (group?.size === 0) this.byGroup.delete(key);
  }
}
